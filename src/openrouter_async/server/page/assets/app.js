// Where it begins: the page, the theme button and the keyboard.
import { Chat } from "./chat.js";
import { isComposing } from "./composing.js";
import { prepareDialog } from "./dialogs.js";
import { byId } from "./dom.js";
import { keep, kept } from "./kept.js";

const chat = new Chat();
const help = prepareDialog(byId("help-dialog"));

const THEMES = ["system", "light", "dark"];

function showTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  const label = `Colours: ${theme}`;
  byId("theme").setAttribute("aria-label", label);
  byId("theme").title = label;
  byId("theme").querySelector("use").setAttribute("href", `#i-theme-${theme}`);
}

byId("theme").addEventListener("click", () => {
  const theme = THEMES[(THEMES.indexOf(kept("theme", "system")) + 1) % THEMES.length];
  keep("theme", theme);
  showTheme(theme);
});
showTheme(kept("theme", "system"));

byId("help").addEventListener("click", () => help.showModal());

const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (isComposing(event) || document.querySelector("dialog[open], [popover]:popover-open")) return;
  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (key === "escape") chat.stop();
  else if (command && event.shiftKey && key === "o") chat.create();
  else if (command && !event.shiftKey && key === "k") chat.sidebar.focusSearch();
  else if (event.ctrlKey && !event.shiftKey && key === "m") chat.picker.open();
  else if (command && key === ",") chat.settings.open();
  else if (key === "/" && !command && !isTyping(event.target)) chat.composer.focus();
  else if (key === "?" && !command && !isTyping(event.target)) help.showModal();
  else return;
  if (key !== "escape") event.preventDefault();
});

await chat.start();
