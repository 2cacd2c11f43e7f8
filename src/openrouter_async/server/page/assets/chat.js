// The page as a whole: which conversation is shown, and what the buttons do.
import { Account } from "./account.js";
import { announce, announceAnswer } from "./announce.js";
import { Api } from "./api.js";
import { copy } from "./clipboard.js";
import { listenToCode } from "./code-blocks.js";
import { Compare } from "./compare.js";
import { Composer } from "./composer.js";
import { NEW } from "./drafts.js";
import { ask, confirmed } from "./dialogs.js";
import { byId, setText } from "./dom.js";
import { download } from "./download.js";
import { offerExamples } from "./examples.js";
import { dollars, size, tokens } from "./format.js";
import { oncePerFrame } from "./frames.js";
import { addressOf, idInAddress, newId } from "./ids.js";
import { offerImport } from "./importing.js";
import { keep, kept } from "./kept.js";
import { showLinkTargets } from "./link-target.js";
import { openMenu } from "./menu.js";
import { ModelPicker } from "./models.js";
import { Notice } from "./notice.js";
import { Prompts } from "./prompts.js";
import { Runs } from "./runs.js";
import { pathOf, Saving } from "./saving.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { attachmentsOf, contentFrom, textOf } from "./store/content.js";
import { messagesOf } from "./store/messages.js";
import { beginContinued, CONTINUE, endContinued, endingOf, newAnswer } from "./store/reply.js";
import { addNode, forkAt, newConversation, showNode, titleFrom, titleOfExchange, totalsOf } from "./store/tree.js";
import { seen } from "./store/unseen.js";
import { Thread } from "./thread.js";

export class Chat {
  #doc = null;
  #server = { default_model: null, max_body_bytes: Infinity, presets: {} };
  #byPerson = new WeakSet(); // conversations that a person has changed since they were saved
  #resumed = new WeakSet(); // conversations whose answer another page began: its window saves it too
  #changed = new Map(); // node -> its conversation, until the next frame

  constructor() {
    this.api = new Api(askToken);
    this.account = new Account(this.api);
    this.notice = new Notice();
    this.saving = new Saving(this.api, {
      onSaved: (doc) => {
        this.#byPerson.delete(doc);
        this.notice.settle(doc.id);
        this.sidebar.refresh();
      },
      onFailed: (doc, { message, advice }) => {
        this.notice.show(`“${doc.title || "Untitled"}” is not saved: ${message}`, { advice, about: doc.id });
      },
      onChanged: (doc) => {
        this.#onConflict(doc); // not awaited: it may save again, which waits for the save that tells of it
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
      fork: (node) => this.#fork(node),
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
      rename: (id) => this.#rename(id),
      export: (id, kind) => this.#export(id, kind),
      remove: (id) => this.#remove(id),
    });
    listenToCode(byId("thread"));
    this.prompts = new Prompts(this.composer);
    offerImport({ onImport: (doc) => this.#import(doc), onFailed: (message) => this.notice.show(message) });
    offerExamples((text) => this.composer.write(text));
    showLinkTargets(byId("thread"));
    byId("export").addEventListener("click", (event) => this.#exportMenu(event.currentTarget));
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
    await this.#takeUp(doc);
  }

  /** Go on with an answer that the server is still writing, after a reload or beside another window. */
  async #takeUp(doc) {
    const node = doc.nodes.find(({ id }) => id === doc.leaf);
    if (node?.role !== "assistant" || endingOf(node) !== "broken off") return;
    if (!(await this.runs.resume(doc, node))) return;
    this.#resumed.add(doc);
    if (doc === this.#doc) this.#show(doc);
  }

  /** What is being made or not yet saved is newer here than on the server. */
  async #read(id) {
    if (this.#doc.id === id) return this.#doc;
    return this.runs.docOf(id) ?? this.saving.read(id);
  }

  /** Show what another window has made of the conversation, where nothing is going on here. */
  async #refresh() {
    const doc = this.#doc;
    if (!doc.nodes.length || this.runs.docOf(doc.id) || this.thread.isEdited()) return;
    try {
      const newer = await this.saving.readNewer(doc.id);
      if (newer && doc === this.#doc && !this.runs.docOf(doc.id) && !this.thread.isEdited()) {
        this.#show(newer);
        await this.#takeUp(newer);
      }
    } catch {
      return; // the server is away, or the conversation is gone: what is shown stays, and the next save tells
    }
    await this.sidebar.refresh();
  }

  /** The window that began an answer saves it, and so does each that read it too: the first one counts. */
  async #onConflict(doc) {
    if (this.#byPerson.has(doc)) return this.#keepBoth(doc);
    try {
      const theirs = await this.saving.read(doc.id);
      const isMore = theirs.nodes.some((node) => !doc.nodes.some(({ id }) => id === node.id));
      if (this.runs.docOf(doc.id) === doc) return isMore ? this.#keepBoth(doc) : undefined; // it is saved at its end
      if (doc.nodes.every((node) => hasWhole(theirs, node))) {
        if (doc === this.#doc) this.#show(theirs);
      } else if (isMore) this.#keepBoth(doc);
      else await this.saving.now(doc); // the other window has less of the answer
    } catch {
      this.#keepBoth(doc);
    }
  }

  /** Another window has changed a conversation meanwhile: what this one has goes on as a copy, so nothing is lost. */
  #keepBoth(doc) {
    const { id, title } = doc;
    doc.id = newId();
    doc.title = `${title || "Untitled"} (copy)`;
    this.saving.now(doc);
    if (doc === this.#doc) {
      history.replaceState(null, "", addressOf(doc.id));
      this.composer.continueAs(doc.id);
      document.title = seen(doc.title);
      this.sidebar.show(doc.id);
    }
    this.#showBusy();
    const text = `“${title || "Untitled"}” was changed in another window. Both are kept, this one as “${doc.title}”.`;
    this.notice.show(text, { action: { label: "Load the other", run: () => (location.hash = addressOf(id)) } });
  }

  create({ isStart = false } = {}) {
    if (!isStart) history.pushState(null, "", addressOf(null));
    this.#show(newConversation({ model: this.picker.offered(kept("model", null)), system: "", preset: null, params: {} }));
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
    if (isOther) this.settings.show(doc.settings);
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
  }

  #save(doc, isGrowing = false) {
    if (!isGrowing) this.#byPerson.add(doc);
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
    if (isFirst) history.replaceState(null, "", addressOf(doc.id));
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
    if (!this.#resumed.has(doc)) this.#save(doc, true);
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

  #fork(node) {
    const doc = forkAt(this.#doc, node.id);
    this.saving.now(doc);
    history.pushState(null, "", addressOf(doc.id));
    this.#show(doc);
    this.composer.focus();
    announce("Branched off into a new conversation.");
  }

  // Conversations

  #import(doc) {
    this.saving.now(doc);
    history.pushState(null, "", addressOf(doc.id));
    this.#show(doc);
    announce("Imported.");
  }

  #rename(id) {
    return this.#guarded("The conversation cannot be renamed", async () => {
      const doc = await this.#read(id);
      const title = await ask({ title: "Rename conversation", label: "Title", value: doc.title, confirm: "Rename" });
      if (!title) return;
      doc.title = title;
      this.#byPerson.add(doc);
      await this.saving.now(doc);
      if (doc === this.#doc) this.#show(doc);
    });
  }

  #remove(id) {
    return this.#guarded("The conversation cannot be deleted", async () => {
      const doc = await this.#read(id);
      const text = `“${doc.title || "Untitled"}” and all its branches will be gone.`;
      if (!(await confirmed({ title: "Delete conversation?", text, confirm: "Delete", danger: true }))) return;
      await this.runs.stop(id);
      await this.saving.forget(id);
      await this.api.delete(pathOf(id));
      if (id === this.#doc.id) this.create();
      await this.sidebar.refresh();
      announce("Deleted.");
    });
  }

  #export(id, kind) {
    return this.#guarded("The conversation cannot be exported", async () => download(await this.#read(id), kind));
  }

  #exportMenu(button) {
    openMenu(button, "Export", [
      { label: "Export as Markdown", icon: "download", run: () => this.#export(this.#doc.id, "md") },
      { label: "Export as JSON", icon: "download", run: () => this.#export(this.#doc.id, "json") },
    ]);
  }
}

/** Whether a conversation has a message too, and an answer as whole as it is here. */
function hasWhole(doc, node) {
  const theirs = doc.nodes.find(({ id }) => id === node.id);
  return Boolean(theirs) && (node.role !== "assistant" || endingOf(theirs) !== "broken off");
}

function askToken(wasWrong) {
  return ask({
    title: wasWrong ? "That token was not accepted" : "This server asks for a token",
    text: "It was printed, or chosen, where the server was started. It is kept until this tab is closed.",
    label: "Token", type: "password", confirm: "Continue",
  });
}
