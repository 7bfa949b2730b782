// Fills the page with the data that castnet wrote into it (report_json.cpp).

const data = JSON.parse(document.getElementById("data").textContent);

function specPart(group) {
  const settings = [];
  if (group.variant) settings.push(`variant ${group.variant}`);
  for (const set of group.sets) settings.push(`--set ${set}`);
  const part = element("details", {}, element("summary", {}, element("h4", {}, "Spec")));
  if (settings.length > 0) part.append(element("p", {}, `With ${settings.join(", ")}`));
  part.append(scrolling("Spec", element(
    "pre", {}, group.spec || "The run directory does not hold the spec's text.")));
  return part;
}

function networkPart(group, open) {
  const part = element("section", {id: `network-${++ids}`}, element("h3", {}, group.label));
  part.append(group.layers
    ? layerTable(group.layers)
    : element("p", {class: "notice"}, "This castnet cannot read the spec of these runs: there " +
                                      "is no layer table."));
  part.append(specPart(group));
  for (const run of group.runs) {
    part.append(runPart(run, group.runs.length > 1 ? run.label : "Run", open));
  }
  return part;
}

function addDifferences(place) {
  if (data.differences.length === 0) {
    place.append(element("p", {}, "There is nothing to compare: one network only."));
  }
  for (const one of data.differences) {
    place.append(element("h3", {}, `${one.before} → ${one.after}`),
                 scrolling("Difference", element("pre", {}, one.text)));
  }
}

function addContents() {
  const contents = document.getElementById("contents");
  for (const part of document.querySelectorAll("main > section")) {
    const link = element("a", {href: `#${part.id}`}, part.querySelector("h2").textContent);
    contents.append(element("li", {}, link));
  }
}

/** On paper everything is open. */
function openForPrint() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("main details:not([open])")];
    for (const part of closed) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of closed) part.open = false;
  });
}

function fill() {
  const place = name => document.getElementById(name);
  const runs = data.groups.reduce((sum, group) => sum + group.runs.length, 0);
  document.title = `${data.names} – castnet report`;
  place("title").textContent = data.names;
  place("summary").textContent =
    `${count(data.groups.length, "network")}, ${count(runs, "run")}`;
  for (const why of data.left_out) {
    place("summary").after(element("p", {class: "notice"}, `Left out: ${why}`));
  }
  addCharts(place("curves"));
  place("results").append(
    ...data.tables.map(sortableTable),
    element("p", {class: "hint"},
            `± is the sample std over the seeds. Accuracy and loss are ${data.judges}, ` +
            "loss in nats an image; seconds those of the training steps."));
  for (const group of data.groups) place("networks").append(networkPart(group, runs <= 4));
  addDifferences(place("differences"));
  addContents();
  openForPrint();
}

fill();
