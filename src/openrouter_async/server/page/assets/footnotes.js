// The marks of footnotes: a button in the text leads to the note, and that of the note back. Nothing has an id, since two
// answers may have the same notes.
import { h } from "./dom.js";

/** Make a button of a mark. */
export function linkMark(mark) {
  const name = mark.textContent;
  const label = mark.closest(".footnote") ? `Back to the mark of footnote ${name}` : `Footnote ${name}`;
  mark.replaceChildren(h("button.footnote-button", { type: "button", "aria-label": label }, name));
}

/** Follow the marks in an element, now and later. */
export function listenToFootnotes(element) {
  element.addEventListener("click", ({ target }) => {
    const button = target.closest(".footnote-button");
    if (!button) return;
    const isNote = Boolean(button.closest(".footnote"));
    const there = [...button.closest(".prose").querySelectorAll(".footnote-button")].find(
      (each) => each.textContent === button.textContent && Boolean(each.closest(".footnote")) !== isNote,
    );
    there?.scrollIntoView({ block: "center" });
    there?.focus({ preventScroll: true });
  });
}
