// A menu of actions at a button: in the top layer, with arrow keys, closed by Escape or a click elsewhere.
import { h, icon } from "./dom.js";

/** Pixels: a menu with less room above its button covers it. */
const LEAST_HEIGHT = 120;

/** Open at `button`; items are `{label, icon, run, danger}`. */
export function openMenu(button, label, items) {
  const entries = items.map((item) =>
    h(
      `button.menu-item${item.danger ? ".danger" : ""}`,
      { type: "button", role: "menuitem", tabIndex: -1, onclick: () => { menu.hidePopover(); button.focus(); item.run(); } },
      icon(item.icon),
      item.label,
    ));
  const menu = h("div.menu", { popover: "auto", role: "menu", "aria-label": label }, entries);
  menu.addEventListener("keydown", (event) => {
    const at = entries.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
    if (event.key === "Tab") menu.hidePopover();
    if (next === undefined) return;
    event.preventDefault();
    entries.at(next % entries.length).focus();
  });
  menu.addEventListener("toggle", (event) => {
    button.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "closed") return;
    if (document.activeElement === document.body || menu.contains(document.activeElement)) button.focus();
    menu.remove();
  });
  (button.closest("dialog") ?? document.body).append(menu);
  menu.showPopover();
  place(menu, button);
  entries[0].focus();
}

/**
 * Put a menu below its button, or above where there is no room; where the button is in the message box, beside all of the
 * box, so that what was written stays in sight. It begins or ends with its button, and stays in that part of the page.
 */
function place(menu, button) {
  const { left, right } = button.getBoundingClientRect();
  const { top, bottom } = (button.closest(".composer") ?? button).getBoundingClientRect();
  const part = (button.closest("dialog, main") ?? document.body).getBoundingClientRect();
  const below = bottom + 4 + menu.offsetHeight <= window.innerHeight;
  if (!below) menu.style.maxHeight = `${Math.max(LEAST_HEIGHT, top - 12)}px`;
  const { offsetWidth: width, offsetHeight: height } = menu;
  const start = right - width >= part.left ? right - width : left;
  menu.style.top = `${Math.max(8, below ? bottom + 4 : top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(start, window.innerWidth - width - 8))}px`;
}
