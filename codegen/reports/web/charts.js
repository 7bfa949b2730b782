// Charts of loss and accuracy over the epochs, drawn by dygraphs.

/** Points are marked on curves of up to so many epochs. */
const kPointsUpTo = 40;

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
    {label: `${series.name}, ${series.evaluated}`, series, values: series.test, dashed: false},
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

/** A lone epoch stands in the middle. */
const kLoneEpoch = [0.5, 1.5];

/** An axis without the values of a training that diverges, where others do not; null: all values. */
function clippedRange(chart, curves) {
  const means = curves.flatMap(curve => curve.values.map(([, mean]) => mean));
  const shown = means.filter(mean => mean <= chart.shown);
  return shown.length === 0 || shown.length === means.length ? null : [0, 1.05 * Math.max(...shown)];
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
    valueRange: clippedRange(chart, curves),
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
  if (rows.length === 1) options.dateWindow = kLoneEpoch;
  for (const curve of curves) options.series[curve.label] = curveOptions(curve, rows.length);
  return new Dygraph(place, rows, options);
}

/** Buttons for those who cannot drag. */
function zoomControls(graph, epochs) {
  const clipped = graph.getOption("valueRange") !== null;
  const whole = epochs === 1 ? kLoneEpoch : [1, epochs];
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
    element(
      "span", {class: "hint"},
      `or drag across the chart; a double click shows all${
        clipped ? ". Values of a training that diverges are above the axis" : ""}`),
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
      element("span", {}, legendLine(series, false), `${series.evaluated} ${series.last_test}`),
      element("span", {}, legendLine(series, true), `train ${series.last_train}`),
    ));
  }
  return list;
}

/** The chart in words, for those who do not see it. */
function chartText(chart) {
  const ends = chart.series.map(
    series => `${series.name}: ${series.evaluated} ${series.last_test}, train ${series.last_train}`);
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
