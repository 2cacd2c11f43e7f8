// A second model that answers each question beside the first.
import { byId, setText } from "./dom.js";

export class Compare {
  #button = byId("compare");
  #second = null;

  /** `onChange(id)` is told of the second model, or null; `picker` lets a person choose it. */
  constructor(picker, onChange) {
    this.picker = picker;
    this.#button.addEventListener("click", () => {
      if (this.#second) onChange(null);
      else picker.pick((model) => onChange(model.id));
    });
  }

  show(id) {
    this.#second = id ?? null;
    const name = this.#second && this.picker.nameOf(this.#second);
    const label = name ? `Stop comparing with ${name}` : "Compare with a second model";
    this.#button.setAttribute("aria-label", label);
    this.#button.title = label;
    this.#button.classList.toggle("chosen", Boolean(name));
    setText(byId("compare-name"), name ? `and ${name}` : "");
    this.#button.querySelector("use").setAttribute("href", name ? "#i-close" : "#i-plus");
  }
}
