// Questions to the person, as modal dialogs; they resolve when answered.
import { h } from "./dom.js";
import { newId } from "./ids.js";

/** Ask for a line of text; resolves to it, or to null where it was cancelled. */
export function ask({ title, text = "", label, value = "", type = "text", confirm = "OK" }) {
  const input = h("input.field", { type, value, "aria-label": label, required: true, autocomplete: "off", spellcheck: false });
  return open({ title, text, confirm, body: input, focus: input, result: () => input.value.trim() || null });
}

/** Ask yes or no; resolves to true or null. */
export function confirmed({ title, text, confirm, danger = false }) {
  return open({ title, text, confirm, danger, result: () => true });
}

function open({ title, text, confirm, danger = false, body = null, focus = null, result }) {
  return new Promise((resolve) => {
    const heading = h("h2", { id: `dialog-${newId()}` }, title);
    const accept = h(`button.primary${danger ? ".danger" : ""}`, { type: "submit" }, confirm);
    const form = h(
      "form",
      { method: "dialog" },
      heading,
      text && h("p", {}, text),
      body,
      h("div.dialog-actions", {}, h("button.quiet", { type: "button", onclick: () => dialog.close() }, "Cancel"), accept),
    );
    const dialog = h("dialog.small", { "aria-labelledby": heading.id }, form);
    let answer = null;
    form.addEventListener("submit", () => (answer = result()));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(answer);
    });
    document.body.append(dialog);
    dialog.showModal();
    (focus ?? accept).focus();
    focus?.select();
  });
}

/** A dialog of index.html: closed by its button and by a click beside it. */
export function prepareDialog(dialog) {
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}
