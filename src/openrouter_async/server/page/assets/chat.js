// The page as a whole: which conversation is shown, and what the buttons do.
import { Account } from "./account.js";
import { announce, announceAnswer } from "./announce.js";
import { Api } from "./api.js";
import { copy } from "./clipboard.js";
import { listenToCode } from "./code-blocks.js";
import { Compare } from "./compare.js";
import { Composer } from "./composer.js";
import { ask } from "./dialogs.js";
import { editOf, keepEdit, keepNewSettings, NEW, newSettings } from "./drafts.js";
import { byId, setText } from "./dom.js";
import { offerExamples } from "./examples.js";
import { dollars, size, tokens } from "./format.js";
import { listenToFootnotes } from "./footnotes.js";
import { oncePerFrame } from "./frames.js";
import { addressOf, idInAddress, newId } from "./ids.js";
import { keep, kept } from "./kept.js";
import { Library } from "./library.js";
import { showLinkTargets } from "./link-target.js";
import { ModelPicker } from "./models.js";
import { Notice } from "./notice.js";
import { Prompts } from "./prompts.js";
import { Runs } from "./runs.js";
import { Saving } from "./saving.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { attachmentsOf, contentFrom, textOf } from "./store/content.js";
import { messagesOf } from "./store/messages.js";
import { beginContinued, CONTINUE, endContinued, newAnswer } from "./store/reply.js";
import { addNode, newConversation, showNode, titleFrom, titleOfExchange, totalsOf } from "./store/tree.js";
import { seen } from "./store/unseen.js";
import { Thread } from "./thread.js";
import { Windows } from "./windows.js";

export class Chat {
  #doc = null;
  #server = { default_model: null, max_body_bytes: Infinity, presets: {} };
  #changed = new Map(); // node -> its conversation, until the next frame

  constructor() {
    this.api = new Api(askToken);
    this.account = new Account(this.api);
    this.notice = new Notice();
    this.saving = new Saving(this.api, {
      onSaved: (doc) => {
        this.windows.saved(doc);
        this.notice.settle(doc.id);
        this.sidebar.refresh();
      },
      onFailed: (doc, { message, advice }) => {
        this.notice.show(`“${doc.title || "Untitled"}” is not saved: ${message}`, { advice, about: doc.id });
      },
      onChanged: (doc) => {
        this.windows.onConflict(doc); // not awaited: it may save again, which waits for the save that tells of it
      },
    });
    this.runs = new Runs(this.api, {
      onChange: (doc, node) => this.#onPiece(doc, node),
      onEnd: (doc, node) => this.#onEnd(doc, node),
    });
    this.frames = oncePerFrame(() => this.#drawChanged());
    this.thread = new Thread({
      show: (id) => this.#showVersion(id),
      retry: (node) => this.#answer(node.parent),
      continue: (node) => this.#continue(node),
      fork: (node) => this.library.fork(node),
      keepEdit: (node, text) => keepEdit(this.#doc.id, text === null ? null : { id: node.id, text }),
      endEdit: (node, text) => this.#endEdit(node, text),
      copy,
    });
    this.picker = new ModelPicker((model) => this.#setModel(model.id));
    this.compare = new Compare(this.picker, (id) => this.#setSecond(id));
    this.settings = new Settings({ onChange: () => this.#settingsChanged(), modelOf: () => this.#model() });
    this.composer = new Composer({
      onSend: (content) => this.#send(content),
      onStop: () => this.stop(),
      modelOf: () => this.#model(),
    });
    this.sidebar = new Sidebar(this.api, {
      create: () => this.create(),
      rename: (id) => this.library.rename(id),
      export: (id, kind) => this.library.export(id, kind),
      remove: (id) => this.library.remove(id),
    });
    const { api, runs, saving, notice } = this;
    this.windows = new Windows({
      runs, saving,
      shown: () => this.#doc,
      isEdited: () => this.thread.isEdited(),
      onNewer: (doc) => this.#show(doc),
      onCopy: (doc, other) => this.#onCopy(doc, other),
    });
    this.library = new Library({
      api, runs, saving, notice,
      read: (id) => this.#read(id),
      shown: () => this.#doc,
      guarded: (what, work) => this.#guarded(what, work),
      onNew: (doc) => {
        history.pushState(null, "", addressOf(doc.id));
        this.#show(doc);
        this.composer.focus();
      },
      onChanged: async (doc) => {
        this.windows.changed(doc);
        await this.saving.now(doc);
        if (doc === this.#doc) this.#show(doc);
      },
      onGone: async (id) => {
        if (id === this.#doc.id) this.create();
        await this.sidebar.refresh();
      },
    });
    listenToCode(byId("thread"));
    listenToFootnotes(byId("thread"));
    this.prompts = new Prompts(this.composer);
    offerExamples((text) => this.composer.write(text));
    showLinkTargets(byId("thread"));
    window.addEventListener("hashchange", () => this.#route());
    window.addEventListener("focus", () => this.#refresh());
    document.addEventListener("visibilitychange", () => document.hidden || this.#refresh());
  }

  async start() {
    this.create({ isStart: true });
    // One first: where a token is needed, it is asked for once and the rest has it.
    await this.#guarded("The settings cannot be read", async () => {
      this.#server = await this.api.get("settings");
      this.account.showSpent(this.#server);
      this.settings.setOffer(this.#server);
      byId("emulated").hidden = !this.#server.is_emulator;
      if (this.#server.title) setText(byId("brand"), this.#server.title);
      this.#show(this.#doc);
    });
    const models = this.#guarded("The models cannot be read", async () => {
      this.picker.setModels((await this.api.get("models")).data);
      if (!this.#doc.nodes.length) this.#doc.settings.model = this.picker.offered(this.#doc.settings.model);
      this.#show(this.#doc);
    });
    this.saving.resume();
    await Promise.all([models, this.sidebar.refresh(), this.#route(), this.account.refresh()]);
  }

  async #guarded(what, work) {
    try {
      await work();
    } catch (error) {
      this.notice.show(`${what}: ${error.message}`, { advice: error.advice });
    }
  }

  // Which conversation is shown

  async #route() {
    const id = idInAddress();
    if (id && id !== this.#doc.id) await this.#open(id);
    else if (!id && this.#doc.nodes.length) this.create();
  }

  async #open(id) {
    let doc;
    try {
      doc = await this.#read(id);
    } catch (error) {
      if (error.code === 404) this.notice.show("This conversation is not there any more.");
      else this.notice.show(error.message, { advice: error.advice });
      if (idInAddress() === id) history.replaceState(null, "", addressOf(this.#doc.nodes.length ? this.#doc.id : null));
      return;
    }
    if (idInAddress() !== id) return; // another was opened meanwhile
    this.#show(doc);
    await this.windows.takeUp(doc);
  }

  /** What is being made or not yet saved is newer here than on the server. */
  async #read(id) {
    if (this.#doc.id === id) return this.#doc;
    return this.runs.docOf(id) ?? this.saving.read(id);
  }

  async #refresh() {
    if (await this.windows.refresh()) await this.sidebar.refresh();
  }

  #onCopy(doc, { id, title }) {
    if (doc === this.#doc) {
      history.replaceState(null, "", addressOf(doc.id));
      this.composer.continueAs(doc.id);
      document.title = seen(doc.title);
      this.sidebar.show(doc.id);
    }
    this.#showBusy();
    const text = `“${title}” was changed in another window. Both are kept, this one as “${doc.title}”.`;
    this.notice.show(text, { action: { label: "Load the other", run: () => (location.hash = addressOf(id)) } });
  }

  /** A new conversation; after a reload, with the settings of the one that was not sent. */
  create({ isStart = false } = {}) {
    if (!isStart) history.pushState(null, "", addressOf(null));
    if (!isStart) keepNewSettings(null);
    const settings = { model: this.picker.offered(kept("model", null)), system: "", preset: null, params: {} };
    this.#show(newConversation({ ...settings, ...newSettings() }));
    this.sidebar.toggle(false, false);
    this.composer.focus();
  }

  #show(doc) {
    const isOther = doc !== this.#doc;
    this.#doc = doc;
    this.composer.switchTo(doc.nodes.length ? doc.id : NEW);
    this.thread.show(doc, (node) => this.runs.isActive(node));
    byId("main").classList.toggle("empty", !doc.nodes.length);
    byId("export").hidden = !doc.nodes.length;
    document.title = seen(doc.title) || this.#server.title || "Chat";
    this.picker.show(this.#modelId());
    this.compare.show(doc.settings.second);
    if (isOther) {
      this.settings.show(doc.settings);
      const edit = editOf(doc.id);
      if (edit) this.thread.edit(edit.id, edit.text);
    }
    this.composer.refresh();
    this.sidebar.show(doc.id);
    this.#showTotals();
    this.#showBusy();
  }

  #showTotals() {
    const { tokens: count, cost, answers } = totalsOf(this.#doc);
    setText(byId("total-tokens"), answers ? `${tokens(count)} · ` : "");
    setText(byId("total-cost"), answers ? dollars(cost) : "");
  }

  #showBusy() {
    this.composer.setBusy(this.runs.docOf(this.#doc.id) !== null);
    this.sidebar.setRunning(this.runs.conversationIds());
  }

  // Settings

  #modelId() {
    return this.#doc.settings.model ?? this.#server.default_model;
  }

  #model() {
    return this.#doc && this.picker.find(this.#modelId());
  }

  #setModel(id) {
    this.#doc.settings.model = id;
    keep("model", id);
    this.#settingsChanged();
    this.composer.focus();
  }

  #setSecond(id) {
    this.#doc.settings.second = id;
    this.#settingsChanged();
    this.composer.focus();
  }

  #settingsChanged() {
    this.compare.show(this.#doc.settings.second);
    this.picker.show(this.#modelId());
    this.composer.refresh();
    if (this.#doc.nodes.length) this.#save(this.#doc);
    else keepNewSettings(this.#doc.settings);
  }

  #save(doc, isGrowing = false) {
    if (!isGrowing) this.windows.changed(doc);
    doc.updated_at = new Date().toISOString();
    this.saving.soon(doc, isGrowing);
  }

  // Messages

  #send(content) {
    const doc = this.#doc;
    if (!this.#modelId()) {
      this.picker.open(() => this.composer.submit());
      return false;
    }
    const bytes = new Blob([JSON.stringify([messagesOf(doc, doc.leaf), content])]).size;
    if (bytes > this.#server.max_body_bytes) {
      this.composer.say(
        `With this message the conversation has ${size(bytes)}, and the server takes ${size(this.#server.max_body_bytes)}. Remove an attachment.`,
      );
      return false;
    }
    const isFirst = !doc.nodes.length;
    if (!doc.title) doc.title = titleFrom(textOf(content) || attachmentsOf(content)[0].name);
    const node = addNode(doc, doc.leaf, { role: "user", content });
    if (isFirst) {
      history.replaceState(null, "", addressOf(doc.id));
      keepNewSettings(null);
    }
    this.thread.follow();
    this.#answer(node.id);
    return true;
  }

  #answer(parent) {
    const doc = this.#doc;
    if (this.runs.docOf(doc.id)) return; // one at a time in a conversation
    const { params, second } = doc.settings;
    const models = second && second !== this.#modelId() ? [this.#modelId(), second] : [this.#modelId()];
    const messages = messagesOf(doc, parent);
    const pair = models.length > 1 ? newId() : undefined;
    const nodes = models.map((model) => addNode(doc, parent, { ...newAnswer(model), pair }));
    doc.leaf = nodes[0].id;
    this.#save(doc);
    announce(pair ? "Two models are answering." : "The model is answering.");
    for (const node of nodes) this.runs.start(doc, node, { ...params, model: node.model, messages });
    this.#show(doc);
    this.thread.follow();
  }

  /** Let an answer that was cut grow further, in its place. */
  #continue(node) {
    const doc = this.#doc;
    if (this.runs.docOf(doc.id)) return;
    const messages = [...messagesOf(doc, node.id), { role: "user", content: CONTINUE }];
    beginContinued(node);
    announce("The model continues.");
    this.runs.start(doc, node, { ...doc.settings.params, model: node.model ?? this.#modelId(), messages });
    this.#show(doc);
  }

  stop() {
    this.runs.stop(this.#doc.id);
  }

  #onPiece(doc, node) {
    this.#changed.set(node, doc);
    this.frames.ask();
    if (!this.windows.isResumed(doc)) this.#save(doc, true);
  }

  #drawChanged() {
    for (const [node, doc] of this.#changed) this.thread.update(doc, node, this.runs.isActive(node));
    this.#changed.clear();
  }

  #onEnd(doc, node) {
    endContinued(node);
    const [first] = doc.nodes;
    if (node.parent === first.id && doc.title === titleFrom(textOf(first.content))) {
      doc.title = titleOfExchange(textOf(first.content), node.content);
    }
    this.#changed.set(node, doc);
    this.#drawChanged();
    doc.updated_at = new Date().toISOString();
    this.saving.now(doc);
    this.account.refresh();
    if (doc === this.#doc) {
      this.#show(doc);
      if (node.error) announce(`Failed: ${node.error.message} ${node.error.advice}`);
      else if (node.finish_reason === "stopped") announce("Stopped.");
      else announceAnswer(byId("thread").lastElementChild);
    }
    this.#showBusy();
  }

  #showVersion(id) {
    if (this.runs.docOf(this.#doc.id)) return;
    showNode(this.#doc, id);
    this.#save(this.#doc);
    this.#show(this.#doc);
    this.thread.focusMessage(id);
  }

  /** `text` is null where nothing is to change. The new version has the attachments of the old one. */
  #endEdit(node, text) {
    const doc = this.#doc;
    const parts = attachmentsOf(node.content).map(({ part }) => part);
    const isSame = text === null || text.trim() === textOf(node.content) || (!text.trim() && !parts.length);
    if (isSame || this.runs.docOf(doc.id)) {
      this.#show(doc);
      this.thread.focusMessage(node.id);
      return;
    }
    const edited = addNode(doc, node.parent, { role: "user", content: contentFrom(text.trim(), parts) });
    this.#answer(edited.id);
    this.composer.focus();
  }

}

function askToken(wasWrong) {
  return ask({
    title: wasWrong ? "That token was not accepted" : "This server asks for a token",
    text: "It was printed, or chosen, where the server was started. It is kept until this tab is closed.",
    label: "Token", type: "password", confirm: "Continue",
  });
}
