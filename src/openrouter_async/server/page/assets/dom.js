// Building elements without HTML strings: the page never assigns innerHTML. Text loses what is not seen.
import { seen } from "./store/unseen.js";

const SVG = "http://www.w3.org/2000/svg";

/** Make an element: `h("button.primary", {type: "button", onclick: send, "aria-label": "Send"}, "Send")`. */
export function h(selector, props = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  const given = children.flat().filter((child) => child !== null && child !== undefined && child !== false);
  element.append(...given.map((child) => (typeof child === "string" ? seen(child) : child)));
  return element;
}

/** A drawing from the sprite in index.html; what it means is said by the text or label beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows a drawing only; its name is for screen readers and as a tooltip. */
export function iconButton(name, label, onclick, props = {}) {
  return h("button.icon-button", { type: "button", title: label, "aria-label": label, onclick, ...props }, icon(name));
}

export const byId = (id) => document.getElementById(id);

/** Set text only where it differs, so that assistive technology is not told of changes that are none. */
export function setText(element, text) {
  const shown = seen(text);
  if (element.textContent !== shown) element.textContent = shown;
}
