// A library of prompts in this browser: inserted into the message box, saved from it, deleted.
import { ask, confirmed } from "./dialogs.js";
import { byId } from "./dom.js";
import { keep, kept } from "./kept.js";
import { openMenu } from "./menu.js";

const all = () => kept("prompts", {});

export class Prompts {
  #button = byId("prompts");

  /** `composer` has the text that is saved, and takes the one that is chosen. */
  constructor(composer) {
    this.composer = composer;
    this.#button.addEventListener("click", () => this.#open());
  }

  #open() {
    const names = Object.keys(all()).sort((a, b) => a.localeCompare(b));
    const chosen = names.map((name) => ({ label: name, icon: "book", run: () => this.composer.insert(all()[name]) }));
    const more = [{ label: "Save the message as a prompt…", icon: "plus", run: () => this.#save() }];
    if (names.length) more.push({ label: "Delete a prompt…", icon: "trash", danger: true, run: () => this.#choose(names) });
    openMenu(this.#button, "Prompts", [...chosen, ...more]);
  }

  async #save() {
    const text = this.composer.text();
    if (!text.trim()) return this.composer.say("Write the prompt into the message box first, then save it.");
    const name = await ask({
      title: "Save as prompt", text: "It is kept in this browser.", label: "Name", value: text.trim().slice(0, 40), confirm: "Save",
    });
    if (name) keep("prompts", { ...all(), [name]: text });
  }

  #choose(names) {
    openMenu(this.#button, "Delete a prompt", names.map((name) => ({
      label: name, icon: "trash", danger: true, run: () => this.#delete(name),
    })));
  }

  async #delete(name) {
    if (!(await confirmed({ title: "Delete prompt?", text: `“${name}” will be gone.`, confirm: "Delete", danger: true }))) return;
    const { [name]: _gone, ...rest } = all();
    keep("prompts", rest);
  }
}
