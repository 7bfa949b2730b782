// What all of the page's scripts use.
"use strict";

/** Numbers what other elements refer to. */
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

function capital(word) {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
