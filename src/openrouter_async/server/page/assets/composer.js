// The box for the next message: text, attachments, send and stop.
import { modalityOf, partOf } from "./attachments.js";
import { isComposing } from "./composing.js";
import { Drafts } from "./drafts.js";
import { byId, setText } from "./dom.js";
import { attachmentChips } from "./message.js";
import { contentFrom } from "./store/content.js";

export class Composer {
  #form = byId("composer");
  #box = byId("prompt");
  #chips = byId("attached");
  #note = byId("composer-note");
  #send = byId("send");
  #stop = byId("stop");
  #parts = [];
  #drafts = new Drafts();
  #draftOf = null;
  #problem = ""; // why the last attempt failed, until something is changed

  /** `onSend(content)` returns whether it was taken; `modelOf()` is the model that will answer, as far as known. */
  constructor({ onSend, onStop, modelOf }) {
    this.modelOf = modelOf;
    this.onSend = onSend;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.#stop.addEventListener("click", onStop);
    this.#box.addEventListener("input", () => this.#edited());
    this.#box.addEventListener("keydown", (event) => {
      // On a phone there is no Shift+Enter: Enter begins a line there, and the button sends.
      if (event.key !== "Enter" || event.shiftKey || isComposing(event) || matchMedia("(pointer: coarse)").matches) return;
      event.preventDefault();
      this.submit();
    });
    this.#box.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      this.attach(files);
    });
    const input = byId("file-input");
    byId("attach").addEventListener("click", () => input.click());
    input.addEventListener("change", () => {
      this.attach([...input.files]);
      input.value = "";
    });
    this.#takeDrops(byId("main"));
    this.refresh();
  }

  #takeDrops(area) {
    const holdsFiles = (event) => event.dataTransfer?.types.includes("Files");
    // Outside of the area a dropped file would replace the page.
    for (const name of ["dragover", "drop"]) {
      window.addEventListener(name, (event) => holdsFiles(event) && event.preventDefault());
    }
    area.addEventListener("dragenter", (event) => area.classList.toggle("drop", holdsFiles(event)));
    area.addEventListener("dragleave", (event) => {
      if (!area.contains(event.relatedTarget)) area.classList.remove("drop");
    });
    area.addEventListener("drop", (event) => {
      area.classList.remove("drop");
      if (holdsFiles(event)) this.attach([...event.dataTransfer.files]);
    });
  }

  async attach(files) {
    const problems = [];
    for (const file of files) {
      try {
        this.#parts.push(await partOf(file));
      } catch (error) {
        problems.push(error.message);
      }
    }
    this.#edited();
    this.say(problems.join(" "));
    this.#box.focus();
  }

  /** Send what is there, as far as it can be sent now. */
  submit() {
    const text = this.#box.value.trim();
    if (this.#send.hidden || (!text && !this.#parts.length)) return;
    const parts = this.#parts;
    this.#fill("", []); // first: what is sent is not a draft any more, whichever conversation is shown then
    if (!this.onSend(contentFrom(text, parts))) this.#fill(text, parts, this.#problem);
  }

  /** What was begun belongs to the same conversation under another id. */
  continueAs(id) {
    this.#drafts.write(this.#draftOf, { text: "", parts: [] });
    this.#draftOf = id;
    this.#edited(this.#problem);
  }

  /** Keep what was begun for one conversation, and bring back what was begun for another. */
  switchTo(id) {
    if (id === this.#draftOf) return;
    this.#draftOf = id;
    const { text, parts } = this.#drafts.read(id);
    this.#fill(text, parts);
  }

  setBusy(isBusy) {
    const hadFocus = document.activeElement === (isBusy ? this.#send : this.#stop);
    this.#send.hidden = isBusy;
    this.#stop.hidden = !isBusy;
    if (hadFocus) (isBusy ? this.#stop : this.#box).focus();
  }

  focus() {
    this.#box.focus();
  }

  text() {
    return this.#box.value;
  }

  /** Put a text where the cursor is. */
  insert(text) {
    this.#box.setRangeText(text, this.#box.selectionStart, this.#box.selectionEnd, "end");
    this.#edited();
    this.#box.focus();
  }

  /** Put a text into the box, for a person to change and send. */
  write(text) {
    this.#fill(text, this.#parts);
    this.#box.focus();
  }

  /** Say why something could not be done. */
  say(problem) {
    this.#problem = problem;
    this.refresh();
  }

  #fill(text, parts, problem = "") {
    this.#box.value = text;
    this.#parts = parts;
    this.#edited(problem);
  }

  #edited(problem = "") {
    this.#problem = problem;
    if (this.#draftOf !== null) this.#drafts.write(this.#draftOf, { text: this.#box.value, parts: this.#parts });
    this.refresh();
  }

  /** Draw what has to do with the text, the attachments and the model. */
  refresh() {
    const chips = attachmentChips(this.#parts, (part) => {
      this.#parts = this.#parts.filter((kept) => kept !== part);
      this.#edited();
      this.#box.focus();
    });
    this.#chips.replaceChildren(...chips);
    this.#chips.hidden = !chips.length;
    this.#send.disabled = !this.#box.value.trim() && !this.#parts.length;
    const model = this.modelOf();
    const unread = model
      ? [...new Set(this.#parts.map(modalityOf))].filter((kind) => kind !== "file" && !model.input_modalities.includes(kind))
      : [];
    const words = { image: "images", audio: "sound", text: "text" };
    const unreadable = unread.length ? `${model.name} does not read ${unread.map((kind) => words[kind]).join(" and ")}.` : "";
    setText(this.#note, this.#problem || unreadable);
  }
}
