// The line above the messages that says what went wrong; one at a time.
import { byId, setText } from "./dom.js";

export class Notice {
  #element = byId("notice");
  #about = null;

  constructor() {
    byId("notice-close").addEventListener("click", () => this.#hide());
  }

  /** `action` is a button beside the text: `{label, run}`. `about` names the matter, for `settle`. */
  show(text, { advice = "", action = null, about = null } = {}) {
    this.#about = about;
    setText(byId("notice-text"), [text, advice].filter(Boolean).join(" "));
    const button = byId("notice-action");
    setText(button, action?.label ?? "");
    button.hidden = !action;
    button.onclick = () => {
      this.#hide();
      action.run();
    };
    this.#element.hidden = false;
  }

  /** The matter is in order again: its notice is no longer true. */
  settle(about) {
    if (this.#about === about) this.#hide();
  }

  #hide() {
    this.#about = null;
    this.#element.hidden = true;
  }
}
