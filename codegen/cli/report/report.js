// Fills the page with the data that castnet wrote into it (report_json.cpp).
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const kDenseClasses = 20;
  const kFrequentErrors = 10;
  const kPointsUpTo = 40;
  let ids = 0;

  /** An element; its children are elements or text, never markup. */
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function scrolling(label, child) {
    return element("div", {class: "scroll", role: "region", "aria-label": label, tabindex: 0}, child);
  }

  function count(number, what) {
    return `${number} ${what}${number === 1 ? "" : "s"}`;
  }

  function percent(probability) {
    return `${(100 * probability).toFixed(1)} %`;
  }

  // ---- Charts: a column of the data a curve, two a series.

  /** [epoch, [low, mean, high], …] a row; null where a curve has ended. */
  function chartRows(curves) {
    const epochs = Math.max(...curves.map(curve => curve.values.length));
    return Array.from({length: epochs}, (_, i) => [
      i + 1,
      ...curves.map(curve => (i < curve.values.length ? curve.values[i] : null)),
    ]);
  }

  /** The corners of a regular polygon, which marks a curve whose colour is another's, too. */
  function corners(sides, x, y, radius) {
    return Array.from({length: sides}, (_, i) => {
      const angle = (2 * Math.PI * i) / sides - Math.PI / 2;
      return [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    });
  }

  function drawPolygon(sides) {
    return (graph, name, canvas, x, y, colour, size) => {
      canvas.beginPath();
      for (const corner of corners(sides, x, y, size)) canvas.lineTo(...corner);
      canvas.closePath();
      canvas.fillStyle = colour;
      canvas.fill();
    };
  }

  function curvesOf(chart) {
    return chart.series.flatMap(series => [
      {label: `${series.name}, train`, series, values: series.train, dashed: true},
      {label: `${series.name}, test`, series, values: series.test, dashed: false},
    ]);
  }

  function curveOptions(curve, epochs) {
    const {series, dashed} = curve;
    const options = {
      color: series.colour,
      strokeWidth: dashed ? 1.5 : 2.5,
      drawPoints: epochs === 1 || (!dashed && (epochs <= kPointsUpTo || series.mark > 0)),
      pointSize: dashed ? 3 : 4,
    };
    if (dashed) options.strokePattern = [7, 4];
    if (series.mark > 0) options.drawPointCallback = drawPolygon(series.mark);
    return options;
  }

  /** The values under the pointer. */
  function pointedAt(legend) {
    const fragment = document.createDocumentFragment();
    if (legend.x === undefined) return fragment;
    fragment.append(element("b", {}, `epoch ${legend.x}`));
    for (const one of legend.series) {
      if (one.y === undefined || one.y === null) continue;
      const line = element("div", {}, `${one.label}: ${one.y.toPrecision(4)}`);
      line.style.borderColor = one.color;
      fragment.append(line);
    }
    return fragment;
  }

  function drawChart(place, chart) {
    const curves = curvesOf(chart);
    const rows = chartRows(curves);
    const options = {
      labels: ["epoch", ...curves.map(curve => curve.label)],
      series: {},
      customBars: true,
      fillAlpha: 0.18,
      xlabel: "epoch",
      ylabel: chart.axis,
      legend: "follow",
      legendFormatter: pointedAt,
      highlightCircleSize: 5,
      gridLineColor: "#ddd",
      xRangePad: 10,
      axes: {
        x: {
          drawGrid: false,
          axisLabelFormatter: epoch => (Number.isInteger(epoch) ? String(epoch) : ""),
        },
        y: {axisLabelWidth: 44},
      },
    };
    // A lone epoch stands in the middle.
    if (rows.length === 1) options.dateWindow = [0, 2];
    for (const curve of curves) options.series[curve.label] = curveOptions(curve, rows.length);
    return new Dygraph(place, rows, options);
  }

  /** Buttons for those who cannot drag. */
  function zoomControls(graph, epochs) {
    const whole = epochs === 1 ? [0, 2] : [1, epochs];
    const zoom = factor => {
      const [left, right] = graph.xAxisRange();
      const middle = (left + right) / 2;
      const half = (factor * (right - left)) / 2;
      graph.updateOptions({
        dateWindow: [Math.max(whole[0], middle - half), Math.min(whole[1], middle + half)],
      });
    };
    const reset = () => graph.updateOptions({
      dateWindow: epochs === 1 ? whole : null,
      valueRange: null,
    });
    const button = (text, action) => {
      const made = element("button", {type: "button"}, text);
      made.addEventListener("click", action);
      return made;
    };
    return element(
      "div",
      {class: "controls"},
      button("Zoom in", () => zoom(0.5)),
      button("Zoom out", () => zoom(2)),
      button("Show all", reset),
      element("span", {class: "hint"}, "or drag across the chart; a double click shows all"),
    );
  }

  function svg(name, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function legendLine(series, dashed) {
    const line = svg("line", {
      x1: 0, y1: 5, x2: 36, y2: 5, stroke: series.colour,
      "stroke-width": dashed ? 1.5 : 3, "stroke-dasharray": dashed ? "7 4" : "none",
    });
    const mark = series.mark > 0
      ? svg("polygon", {points: corners(series.mark, 18, 5, 5).join(" "), fill: series.colour})
      : svg("circle", {cx: 18, cy: 5, r: 4.5, fill: series.colour});
    return svg("svg", {width: 36, height: 10, "aria-hidden": "true"}, line,
               ...(dashed ? [] : [mark]));
  }

  function legend(chart) {
    const list = element("ul", {class: "legend"});
    for (const series of chart.series) {
      list.append(element(
        "li", {}, element("b", {}, series.name),
        element("span", {}, legendLine(series, false), `test ${series.last_test}`),
        element("span", {}, legendLine(series, true), `train ${series.last_train}`),
      ));
    }
    return list;
  }

  /** The chart in words, for those who do not see it. */
  function chartText(chart) {
    const ends = chart.series.map(
      series => `${series.name}: test ${series.last_test}, train ${series.last_train}`);
    return `Line chart of the ${chart.axis} over the epochs. In the end ${ends.join("; ")}.`;
  }

  /** Paper gets the chart as it is: drawn anew, it would not be there in time. */
  function keepForPrint(plot, graph) {
    addEventListener("beforeprint", () => {
      const {width, height} = plot.getBoundingClientRect();
      plot.style.width = `${width}px`;
      plot.style.height = `${height}px`;
    });
    addEventListener("afterprint", () => {
      plot.style.width = plot.style.height = "";
      graph.resize();
    });
  }

  function addCharts(place) {
    const charts = element("div", {class: "charts"});
    place.append(charts);
    for (const chart of data.charts) {
      const plot = element("div", {class: "plot", role: "img", "aria-label": chartText(chart)});
      const figure = element("figure", {}, element("h3", {}, chart.title), plot);
      charts.append(figure);
      const epochs = Math.max(...chart.series.map(series => series.test.length));
      const graph = drawChart(plot, chart);
      figure.append(zoomControls(graph, epochs), legend(chart));
      keepForPrint(plot, graph);
    }
  }

  // ---- Tables.

  /** Sorts the body's rows by a column: numbers by value, and what has none comes last. */
  function sortRows(body, column, ascending) {
    const key = row => {
      const {value} = row.cells[column].dataset;
      return value === undefined ? row.cells[column].textContent : Number(value);
    };
    const empty = row => column > 0 && row.cells[column].dataset.value === undefined;
    const order = (a, b) => {
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      const [x, y] = [key(a), key(b)];
      const compared = typeof x === "number" ? x - y : x.localeCompare(y, "en", {numeric: true});
      return ascending ? compared : -compared;
    };
    body.append(...[...body.rows].sort(order));
  }

  function sortableHeading(text, column, body) {
    const button = element("button", {type: "button", class: "sort"}, text);
    const heading = element(
      "th", {scope: "col", class: column === 0 ? "text" : "", "aria-sort": "none"}, button);
    button.addEventListener("click", () => {
      const ascending = heading.getAttribute("aria-sort") !== "ascending";
      for (const other of heading.parentNode.cells) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sortRows(body, column, ascending);
    });
    return heading;
  }

  function sortableTable(table) {
    const body = element("tbody");
    for (const row of table.rows) {
      const cells = row.map((cell, column) => {
        const made = column === 0 ? element("th", {scope: "row", class: "text"}, cell.text)
                                  : element("td", {class: "number"}, cell.text);
        if (cell.value !== null) made.dataset.value = cell.value;
        return made;
      });
      body.append(element("tr", {}, ...cells));
    }
    const headings = table.headings.map((text, column) => sortableHeading(text, column, body));
    return scrolling(table.caption, element(
      "table", {}, element("caption", {}, table.caption),
      element("thead", {}, element("tr", {}, ...headings)), body));
  }

  function layerTable(cells) {
    const row = (name, texts) => element("tr", {}, ...texts.map((text, column) => {
      const numbers = column > 0 && column < texts.length - 1;
      const heading = name === "th" || column === 0;
      return element(heading ? "th" : "td", {
        class: numbers ? "number" : "text",
        ...(heading ? {scope: name === "th" ? "col" : "row"} : {}),
      }, text);
    }));
    const [headings, ...rows] = cells;
    const total = rows.pop();
    return scrolling("Layers", element(
      "table", {}, element("caption", {}, "Layers, of one image"),
      element("thead", {}, row("th", headings)),
      element("tbody", {}, ...rows.map(texts => row("td", texts))),
      element("tfoot", {}, row("td", total))));
  }

  // ---- A run.

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
    return element(
      "tr", {}, element("th", {scope: "row", class: "text"}, name), ...cells,
      element("td", {class: "accuracy"}, `${confusion.accuracy[truth].toFixed(1)} %`));
  }

  /** Of many classes, those that are most often taken for each other. */
  function frequentErrors(confusion) {
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
                                   heading("test images"))),
      element("tbody", {}, ...most.map(one => element(
        "tr", {}, cell(classes[one.truth]), cell(classes[one.predicted]),
        element("td", {}, String(one.number)))))));
  }

  function confusionTable(confusion, dense) {
    const heading = text => element("th", {scope: "col"}, element("span", {}, text));
    const caption = "Number of test images: rows are true classes, columns predicted ones";
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
        element("span", {}, percent(wrong.probabilities[i]))));
    }
    return list;
  }

  function imageButton(wrong, panel, classes) {
    const button = element(
      "button", {type: "button", "aria-expanded": "false", "aria-controls": panel.id},
      element("img", {
        src: wrong.image,
        alt: `Test image ${wrong.index}: ${wrong.true} taken for ${wrong.predicted}`,
      }),
      element("span", {"aria-hidden": "true"}, `${wrong.true} → ${wrong.predicted}`),
      element("small", {}, `${percent(wrong.probability)}, image ${wrong.index}`));
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      for (const other of button.closest("ul").querySelectorAll("button")) {
        other.setAttribute("aria-expanded", "false");
      }
      panel.replaceChildren();
      if (open) return;
      button.setAttribute("aria-expanded", "true");
      panel.append(
        element("p", {}, `Test image ${wrong.index}, ${wrong.true} taken for ` +
                         `${wrong.predicted}: loss ${wrong.loss.toFixed(3)} nats`),
        bars(wrong, classes));
    });
    return button;
  }

  function misclassified(run) {
    if (run.worst.length === 0) {
      return [element("p", {}, "Every test image is classified correctly.")];
    }
    const panel = element("div", {id: `image-${++ids}`, "aria-live": "polite"});
    const list = element("ul", {class: "images"});
    for (const wrong of run.worst) {
      list.append(element("li", {}, imageButton(wrong, panel, run.confusion.classes)));
    }
    return [
      element("p", {class: "hint"}, "Highest loss first; true → predicted. Choose an image for " +
                                    "its probabilities of all classes."),
      list, panel,
    ];
  }

  function facts(run) {
    const list = element("dl", {class: "facts"});
    for (const [name, value] of run.facts) {
      list.append(element("dt", {}, name), element("dd", {}, value));
    }
    return list;
  }

  function confusionPart(confusion) {
    const dense = confusion.classes.length > kDenseClasses;
    const table = confusionTable(confusion, dense);
    if (!dense) return [table];
    return [element("p", {class: "hint"}, "Point at a square for its classes and its number."),
            table, frequentErrors(confusion)];
  }

  function runPart(run, heading, open) {
    const part = element(
      "details", {}, element("summary", {}, element("h4", {}, heading)), facts(run),
      element("h5", {}, `Confusion matrix after epoch ${run.epoch}`),
      ...confusionPart(run.confusion),
      element("h5", {}, `Misclassified test images after epoch ${run.epoch}`),
      ...misclassified(run));
    part.open = open;
    return part;
  }

  // ---- Networks: runs that differ in the seed alone.

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
              "± is the sample deviation over the seeds. Accuracy and loss are the test set's, " +
              "loss in nats an image; seconds those of the training steps."));
    for (const group of data.groups) place("networks").append(networkPart(group, runs <= 4));
    addDifferences(place("differences"));
    addContents();
    openForPrint();
  }

  fill();
})();
