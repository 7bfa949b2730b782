// What a run's network gets wrong: its confusion matrix and its misclassified images.

/** More classes than this are shown as small squares. */
const kDenseClasses = 20;
const kFrequentErrors = 10;

function confusionRow(confusion, truth, dense) {
  const counts = confusion.counts[truth];
  const name = confusion.classes[truth];
  const images = counts.reduce((sum, number) => sum + number, 0);
  const cells = counts.map((number, predicted) => {
    const part = images > 0 ? number / images : 0;
    const cell = element("td", {class: predicted === truth ? "right" : ""},
                         dense || number === 0 ? "" : String(number));
    cell.style.background = `rgba(0, 114, 178, ${part.toFixed(3)})`;
    if (part > 0.5) cell.style.color = "#fff";
    if (number > 0) cell.title = `${name} taken for ${confusion.classes[predicted]}: ${number}`;
    return cell;
  });
  const accuracy = confusion.accuracy[truth];
  return element(
    "tr", {}, element("th", {scope: "row", class: "text"}, name), ...cells,
    element("td", {class: "accuracy"}, accuracy));
}

/** Of many classes, those that are most often taken for each other. */
function frequentErrors(confusion, evaluated) {
  const {classes, counts} = confusion;
  const errors = counts.flatMap((row, truth) => row.map(
    (number, predicted) => ({number, truth, predicted})));
  const most = errors.filter(one => one.truth !== one.predicted && one.number > 0)
    .sort((a, b) => b.number - a.number).slice(0, kFrequentErrors);
  const heading = text => element("th", {scope: "col", class: "text"}, text);
  const cell = text => element("td", {class: "text"}, text);
  return scrolling("Most frequent errors", element(
    "table", {}, element("caption", {}, "Most frequent errors"),
    element("thead", {}, element("tr", {}, heading("true"), heading("predicted"),
                                 heading(`${evaluated} images`))),
    element("tbody", {}, ...most.map(one => element(
      "tr", {}, cell(classes[one.truth]), cell(classes[one.predicted]),
      element("td", {}, String(one.number)))))));
}

function confusionTable(confusion, dense, evaluated) {
  const heading = text => element("th", {scope: "col"}, element("span", {}, text));
  const caption =
    `Number of ${evaluated} images: rows are true classes, columns predicted ones`;
  return scrolling("Confusion matrix", element(
    "table", {class: dense ? "confusion dense" : "confusion"},
    element("caption", {}, caption),
    element("thead", {}, element("tr", {}, heading("true class"),
                                 ...confusion.classes.map(heading), heading("accuracy"))),
    element("tbody", {},
            ...confusion.classes.map((_, truth) => confusionRow(confusion, truth, dense)))));
}

/** An image's probability for every class, highest first. */
function bars(wrong, classes) {
  const list = element("ol", {class: "bars"});
  const order = classes.map((_, i) => i);
  order.sort((a, b) => wrong.probabilities[b] - wrong.probabilities[a]);
  for (const i of order) {
    const role = classes[i] === wrong.true ? " (true)"
               : classes[i] === wrong.predicted ? " (predicted)" : "";
    const fill = element("i");
    fill.style.width = `${100 * wrong.probabilities[i]}%`;
    list.append(element(
      "li", {}, element("span", {}, classes[i] + role),
      element("span", {class: "bar", "aria-hidden": "true"}, fill),
      element("span", {}, wrong.percents[i])));
  }
  return list;
}

function imageButton(wrong, panel, run) {
  const name = `${capital(run.evaluated)} image ${wrong.index}`;
  const button = element(
    "button", {type: "button", "aria-expanded": "false", "aria-controls": panel.id},
    element("img", {
      src: wrong.image,
      alt: `${name}: ${wrong.true} taken for ${wrong.predicted}`,
    }),
    element("span", {"aria-hidden": "true"}, `${wrong.true} → ${wrong.predicted}`),
    element("small", {}, `${wrong.percent}, image ${wrong.index}`));
  button.addEventListener("click", () => {
    const open = button.getAttribute("aria-expanded") === "true";
    for (const other of button.closest("ul").querySelectorAll("button")) {
      other.setAttribute("aria-expanded", "false");
    }
    panel.replaceChildren();
    if (open) return;
    button.setAttribute("aria-expanded", "true");
    panel.append(
      element("p", {}, `${name}, ${wrong.true} taken for ` +
                       `${wrong.predicted}: loss ${wrong.loss.toFixed(3)} nats`),
      bars(wrong, run.confusion.classes));
  });
  return button;
}

function misclassified(run) {
  if (run.worst.length === 0) {
    return [element("p", {}, `Every ${run.evaluated} image is classified correctly.`)];
  }
  const panel = element("div", {id: `image-${++ids}`, "aria-live": "polite"});
  const list = element("ul", {class: "images"});
  for (const wrong of run.worst) {
    list.append(element("li", {}, imageButton(wrong, panel, run)));
  }
  return [
    element("p", {class: "hint"}, "Highest loss first; true → predicted. Choose an image for " +
                                  "its probabilities of all classes."),
    list, panel,
  ];
}

function heatMaps(run) {
  if (!run.heat_maps) return [];
  return [
    element("h5", {}, "Where the network looked in them"),
    element("img", {
      class: "heat-maps",
      src: run.heat_maps,
      alt: `Each misclassified ${run.evaluated} image, and beneath it the heat map of its ` +
           "predicted class",
    }),
  ];
}

function facts(run) {
  const list = element("dl", {class: "facts"});
  for (const [name, value] of run.facts) {
    list.append(element("dt", {}, name), element("dd", {}, value));
  }
  return list;
}

function confusionPart({confusion, evaluated}) {
  const dense = confusion.classes.length > kDenseClasses;
  const table = confusionTable(confusion, dense, evaluated);
  if (!dense) return [table];
  return [element("p", {class: "hint"}, "Point at a square for its classes and its number."),
          table, frequentErrors(confusion, evaluated)];
}

function runPart(run, heading, open) {
  const part = element(
    "details", {}, element("summary", {}, element("h4", {}, heading)), facts(run),
    element("h5", {}, `Confusion matrix after epoch ${run.epoch}`),
    ...confusionPart(run),
    element("h5", {}, `Misclassified ${run.evaluated} images after epoch ${run.epoch}`),
    ...misclassified(run), ...heatMaps(run));
  part.open = open;
  return part;
}
