// What an empty page offers: questions that show what it can draw. A click writes one into the box, and sends nothing.
import { byId, h } from "./dom.js";

const EXAMPLES = [
  "Explain how HTTPS works to someone who can program",
  "Write a Python function that merges overlapping intervals, with tests",
  "Compare SQLite and PostgreSQL for a small web application, in a table",
  "Derive the quadratic formula, step by step",
];

/** `onChoose(text)` is called with the question. */
export function offerExamples(onChoose) {
  byId("examples").append(
    ...EXAMPLES.map((text) => h("li", {}, h("button.example", { type: "button", onclick: () => onChoose(text) }, text))),
  );
}
