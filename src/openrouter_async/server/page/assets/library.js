// What is done with a conversation as a whole: rename, delete, branch off, export, import.
import { announce } from "./announce.js";
import { ask, confirmed } from "./dialogs.js";
import { byId } from "./dom.js";
import { download } from "./download.js";
import { offerImport } from "./importing.js";
import { openMenu } from "./menu.js";
import { pathOf } from "./saving.js";
import { forkAt } from "./store/tree.js";

export class Library {
  /**
   * `read(id)` is the newest state of a conversation, and `shown()` the one that is shown; `guarded(what, work)` tells what
   * failed; `onNew(doc)`, `onChanged(doc)` and `onGone(id)` are told what happened.
   */
  constructor({ api, runs, saving, notice, read, shown, guarded, onNew, onChanged, onGone }) {
    Object.assign(this, { api, runs, saving, read, shown, guarded, onNew, onChanged, onGone });
    offerImport({ onImport: (doc) => this.#add(doc, "Imported."), onFailed: (message) => notice.show(message) });
    byId("export").addEventListener("click", (event) => this.#exportMenu(event.currentTarget));
  }

  #add(doc, told) {
    this.saving.now(doc);
    this.onNew(doc);
    announce(told);
  }

  /** A new conversation with what was said up to a message. */
  fork(node) {
    this.#add(forkAt(this.shown(), node.id), "Branched off into a new conversation.");
  }

  rename(id) {
    return this.guarded("The conversation cannot be renamed", async () => {
      const doc = await this.read(id);
      const title = await ask({ title: "Rename conversation", label: "Title", value: doc.title, confirm: "Rename" });
      if (!title) return;
      doc.title = title;
      await this.onChanged(doc);
    });
  }

  remove(id) {
    return this.guarded("The conversation cannot be deleted", async () => {
      const doc = await this.read(id);
      const text = `“${doc.title || "Untitled"}” and all its branches will be gone.`;
      if (!(await confirmed({ title: "Delete conversation?", text, confirm: "Delete", danger: true }))) return;
      await this.runs.stop(id);
      await this.saving.forget(id);
      await this.api.delete(pathOf(id));
      await this.onGone(id);
      announce("Deleted.");
    });
  }

  export(id, kind) {
    return this.guarded("The conversation cannot be exported", async () => download(await this.read(id), kind));
  }

  #exportMenu(button) {
    openMenu(button, "Export", [
      { label: "Export as Markdown", icon: "download", run: () => this.export(this.shown().id, "md") },
      { label: "Export as JSON", icon: "download", run: () => this.export(this.shown().id, "json") },
    ]);
  }
}
