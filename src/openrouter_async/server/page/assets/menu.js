// A menu of actions at a button: in the top layer, with arrow keys, closed by Escape or a click elsewhere.
import { h, icon } from "./dom.js";

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
  place(menu, button.getBoundingClientRect());
  entries[0].focus();
}

function place(menu, anchor) {
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = anchor.bottom + 4 + height <= window.innerHeight;
  menu.style.top = `${Math.max(8, below ? anchor.bottom + 4 : anchor.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(anchor.right - width, window.innerWidth - width - 8))}px`;
}
