// The messages of the conversation that is shown, and where they are scrolled to.
import { byId } from "./dom.js";
import { AnswerView, UserView } from "./message.js";
import { besideOf, pathTo, siblingsOf } from "./store/tree.js";

/** Closer than this to the end counts as being at the end, in pixels. */
const NEAR = 80;

export class Thread {
  #list = byId("thread");
  #scroller = byId("scroll");
  #toEnd = byId("to-end");
  #views = new Map();
  #doc = null;
  #follows = true;

  constructor(actions) {
    this.actions = actions;
    this.#scroller.addEventListener("scroll", () => {
      const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
      this.#follows = scrollHeight - scrollTop - clientHeight < NEAR;
      this.#toEnd.hidden = this.#follows;
    }, { passive: true });
    this.#toEnd.addEventListener("click", () => this.scrollToEnd());
    // Code that is folded open, images that load: what grows above must not push the end out of sight.
    new ResizeObserver(() => this.#follows && this.scrollToEnd()).observe(this.#list);
  }

  /** Show a conversation; views of nodes that stay are kept. */
  show(doc, isActive) {
    if (doc !== this.#doc) {
      this.#views.clear();
      this.#follows = true;
    }
    this.#doc = doc;
    const path = pathTo(doc);
    const shownNodes = path.flatMap((node) => besideOf(doc, node));
    const elements = shownNodes.map((node) => {
      let view = this.#views.get(node.id);
      if (!view) {
        view = node.role === "assistant" ? new AnswerView(node, this.actions) : new UserView(node, this.actions);
        this.#views.set(node.id, view);
      }
      view.update(this.#place(node), isActive(node));
      view.element.classList.toggle("beside", Boolean(node.pair));
      view.element.classList.toggle("off", !path.includes(node));
      return view.element;
    });
    const shown = [...this.#list.children];
    if (elements.length !== shown.length || elements.some((element, i) => element !== shown[i])) {
      this.#list.replaceChildren(...elements);
    }
    if (this.#follows) this.scrollToEnd();
  }

  /** Show what has become of one node, where its conversation is the one that is shown. */
  update(doc, node, isActive) {
    if (doc !== this.#doc) return;
    this.#views.get(node.id)?.update(this.#place(node), isActive);
  }

  #place(node) {
    const siblings = siblingsOf(this.#doc, node);
    const isBeside = Boolean(node.pair) && !pathTo(this.#doc).includes(node);
    return { siblings, index: siblings.indexOf(node), isBeside };
  }

  /** Whether a message is being edited. */
  isEdited() {
    return this.#list.querySelector(".edit") !== null;
  }

  /** Let a person change a message further, where it is shown. */
  edit(id, text) {
    const view = this.#views.get(id);
    if (view instanceof UserView && view.element.isConnected) view.edit(text);
  }

  follow() {
    this.#follows = true;
    this.scrollToEnd();
  }

  scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  focusMessage(id) {
    this.#views.get(id)?.element.querySelector(".message-tools button")?.focus({ preventScroll: true });
  }
}
