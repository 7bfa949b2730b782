// Tables: of the results, which can be sorted, and of layers.

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
