// Messages as they are shown: one view per node, which is told when its node has changed.
import { isComposing } from "./composing.js";
import { h, icon, iconButton, setText } from "./dom.js";
import { dollars, seconds, shortModel, tokens } from "./format.js";
import { MarkdownStream } from "./markdown-stream.js";
import { attachmentsOf, textOf } from "./store/content.js";
import { saveUrl } from "./download.js";
import { hostOf, isLink, isShownImage, sourcesOf } from "./store/links.js";
import { canContinue, endingOf, segmentsOf, usageOf } from "./store/reply.js";
import { writtenOut } from "./store/unseen.js";
import { ToolView } from "./tool-view.js";

/** Give a row new buttons only where they differ, so that the one with the focus stays. */
function setButtons(row, state, make) {
  if (row.dataset.state === state) return;
  row.dataset.state = state;
  row.replaceChildren(...make().filter(Boolean));
}

const stateOf = ({ siblings, index }, ...more) => [siblings.map(({ id }) => id), index, ...more].join(" ");

/** Which of its versions a message is, with buttons to the others. */
function versionSwitch(place, onShow) {
  const { siblings, index } = place;
  if (siblings.length < 2) return null;
  const step = (by, label, name) =>
    iconButton(name, label, () => onShow(siblings[index + by].id), { disabled: !siblings[index + by] });
  return h(
    "span.versions",
    { role: "group", "aria-label": "Versions" },
    step(-1, "Previous version", "left"),
    h("span.versions-count", {}, `${index + 1}/${siblings.length}`),
    step(+1, "Next version", "right"),
  );
}

export function attachmentChips(content, onRemove = null) {
  return attachmentsOf(content).map(({ kind, name, url, part }) => {
    const shown = kind === "image" && isShownImage(url)
      ? h("img", { src: url, alt: "attached image" })
      : h("span.file-name", {}, icon(kind === "audio" ? "sound" : "file"), name);
    const remove = onRemove && iconButton("close", `Remove ${name}`, () => onRemove(part));
    return h(`li.chip.chip-${kind}`, {}, shown, remove);
  });
}

/** Own messages with more characters or lines are folded. */
const LONG = 1500;
const LONG_LINES = 20;
/** More sources than these are folded. */
const FEW_SOURCES = 3;

export class UserView {
  constructor(node, actions) {
    this.node = node;
    this.actions = actions;
    this.body = h("div.bubble");
    this.tools = h("div.message-tools");
    this.element = h("li.message.user", { "data-id": node.id }, h("h3.sr-only", {}, node.role === "system" ? "System prompt" : "You said"), this.body, this.tools);
  }

  update(place) {
    if (this.isEdited) return; // what is being typed must survive an answer that ends meanwhile
    const { node, actions } = this;
    const chips = attachmentChips(node.content);
    const text = textOf(node.content);
    this.body.replaceChildren(
      ...(chips.length ? [h("ul.chips", { "aria-label": "Attachments" }, chips)] : []),
      ...(text ? this.#said(text) : []),
    );
    setButtons(this.tools, stateOf(place), () => [
      versionSwitch(place, actions.show),
      iconButton("copy", "Copy message", (event) => actions.copy(text, event.currentTarget)),
      iconButton("edit", "Edit message", () => this.edit()),
    ]);
  }

  /** A long message shows its beginning, and the rest on request. */
  #said(text) {
    const said = h("div.said", { dir: "auto" }, writtenOut(text));
    if (text.length < LONG && text.split("\n").length < LONG_LINES) return [said];
    const show = (isOpen) => {
      this.isOpen = isOpen;
      said.classList.toggle("folded", !isOpen);
      setText(button, isOpen ? "Show less" : "Show all");
      button.setAttribute("aria-expanded", String(isOpen));
    };
    const button = h("button.quiet.fold-said", { type: "button", onclick: () => show(!this.isOpen) });
    show(Boolean(this.isOpen));
    return [said, button];
  }

  /** Let a person change the message, from `text` on. */
  edit(text = textOf(this.node.content)) {
    const box = h("textarea.edit-box", { value: text, "aria-label": "Edit message", rows: 1, dir: "auto" });
    this.isEdited = true;
    const end = (changed) => {
      this.isEdited = false;
      this.tools.hidden = false;
      this.actions.keepEdit(this.node, null);
      this.actions.endEdit(this.node, changed ? box.value : null);
    };
    box.addEventListener("input", () => this.actions.keepEdit(this.node, box.value));
    box.addEventListener("keydown", (event) => {
      if (isComposing(event)) return event.stopPropagation(); // Escape stops no answer either
      if (event.key === "Escape") end(false);
      else if (event.key === "Enter" && !event.shiftKey) end(true);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.body.replaceChildren(
      h(
        "div.edit",
        {},
        box,
        h(
          "div.edit-actions",
          {},
          h("button.quiet", { type: "button", onclick: () => end(false) }, "Cancel"),
          h("button.primary", { type: "button", onclick: () => end(true) }, "Send"),
        ),
      ),
    );
    this.tools.hidden = true;
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  }
}

export class AnswerView {
  constructor(node, actions) {
    this.node = node;
    this.actions = actions;
    this.segments = [];
    this.name = h("h3.answer-name");
    this.reasoningText = h("div.fold-body.reasoning-text", { dir: "auto" });
    this.reasoningTitle = h("span");
    this.reasoning = h(
      "details.fold.reasoning",
      { hidden: true },
      h("summary", {}, icon("thought"), this.reasoningTitle, icon("chevron")),
      this.reasoningText,
    );
    this.reasoning.querySelector("summary").addEventListener("click", () => (this.reasoningTouched = true));
    this.flow = h("div.flow");
    this.images = h("div.images");
    this.waiting = h("div.waiting", {}, h("span"), h("span"), h("span"), h("span.sr-only", {}, "Waiting for the answer"));
    this.sources = h("div.sources");
    this.notice = h("div");
    this.facts = h("p.facts");
    this.tools = h("div.message-tools");
    this.element = h(
      "li.message.answer",
      { "data-id": node.id },
      this.name, this.reasoning, this.flow, this.images, this.waiting, this.sources, this.notice,
      h("footer", {}, this.tools, this.facts),
    );
  }

  /** `isActive` while the answer is being made. */
  update(place, isActive = false) {
    const { node } = this;
    setText(this.name, node.model ? shortModel(node.model) : "Assistant");
    this.name.title = node.model ?? "";
    this.element.classList.toggle("active", isActive);
    this.element.setAttribute("aria-busy", String(isActive));
    this.#reasoning(isActive);
    this.#flow(isActive);
    this.#images();
    this.waiting.hidden = !isActive || Boolean(node.content || node.reasoning || node.tool_calls?.length);
    this.tools.hidden = isActive;
    if (isActive) {
      this.sources.replaceChildren();
      this.notice.replaceChildren();
      setText(this.facts, "");
      return;
    }
    this.#sources();
    this.notice.replaceChildren(...this.#ending());
    setText(this.facts, factsOf(node).join(" · "));
    this.#buttons(place);
  }

  #reasoning(isActive) {
    const { reasoning, content, reasoning_s } = this.node;
    this.reasoning.hidden = !reasoning;
    if (!reasoning) return;
    const isThinking = isActive && !content && !this.node.tool_calls?.length;
    setText(this.reasoningText, reasoning.trim());
    setText(this.reasoningTitle, isThinking ? "Thinking…" : reasoning_s ? `Thought for ${seconds(reasoning_s)}` : "Reasoning");
    if (!this.reasoningTouched) this.reasoning.open = isThinking;
    if (isThinking) this.reasoningText.scrollTop = this.reasoningText.scrollHeight;
  }

  #flow(isActive) {
    const segments = segmentsOf(this.node);
    segments.forEach((segment, i) => {
      const view = this.#segmentView(i, segment.kind);
      if (segment.kind === "tool") view.update(segment.call, segment.result, isActive);
      else view.stream.update(segment.text, !isActive || i < segments.length - 1);
    });
    for (const view of this.segments.splice(segments.length)) view.element.remove();
  }

  #segmentView(i, kind) {
    let view = this.segments[i];
    if (view?.kind === kind) return view;
    if (kind === "tool") view = new ToolView();
    else {
      const element = h("div.prose", { lang: "" });
      view = { element, stream: new MarkdownStream(element) };
    }
    view.kind = kind;
    if (this.segments[i]) this.segments[i].element.replaceWith(view.element);
    else this.flow.append(view.element);
    this.segments[i] = view;
    return view;
  }

  #images() {
    const urls = this.node.images ?? [];
    for (const url of urls.slice(this.images.childElementCount)) {
      this.images.append(
        isShownImage(url)
          ? h("figure", {}, h("img", { src: url, alt: "Image made by the model" }), iconButton("download", "Save image", () => saveUrl(imageName(url), url)))
          : isLink(url)
            ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, url)
            : h("span.muted", {}, "an image of a kind that is not shown"),
      );
    }
  }

  #sources() {
    const entries = sourcesOf(this.node).map(({ url, title }) =>
      h("li", {}, h(
        "a",
        { href: url, target: "_blank", rel: "noopener noreferrer" },
        h("span.source-title", { dir: "auto" }, title || url),
        h("span.source-host", {}, hostOf(url)),
      )));
    const count = entries.length === 1 ? "1 source" : `${entries.length} sources`;
    const fold = () => h("details.fold", { open: entries.length <= FEW_SOURCES }, h("summary", {}, count, icon("chevron")), h("ol", {}, entries));
    this.sources.replaceChildren(...(entries.length ? [fold()] : []));
  }

  #ending() {
    const { node, actions } = this;
    switch (endingOf(node)) {
      case "failed":
        return [
          h(
            "div.error",
            { role: "group", "aria-label": "Error" },
            icon("warning"),
            h("div", {}, h("p.error-message", {}, sentence(node.error.message)), h("p.error-advice", {}, node.error.advice)),
            h("button.quiet", { type: "button", onclick: () => actions.retry(node) }, "Retry"),
          ),
        ];
      case "stopped":
        return [h("p.note", {}, "Stopped.")];
      case "broken off":
        return [h("p.note", {}, "Broken off: the page was closed while this was written.")];
      default:
        if (node.finish_reason === "length") return [h("p.note", {}, "Cut short: the limit of tokens was reached.")];
        if (node.finish_reason === "content_filter") return [h("p.note", {}, "Cut short by the provider's content filter.")];
        if (node.refused) return [h("p.note", {}, "The model declined to answer.")];
        if (node.waiting) return [h("p.note", {}, `Waiting for approval of ${node.waiting.join(", ")}, which this page cannot give.`)];
        if (node.stopped_by) return [h("p.note", {}, `Ended by the server: ${node.stopped_by}.`)];
        if (!node.content && !node.images?.length && !node.tool_calls?.length) return [h("p.note", {}, "The answer is empty.")];
        return [];
    }
  }

  #buttons(place) {
    const { node, actions } = this;
    setButtons(this.tools, stateOf(place, Boolean(node.content), canContinue(node), place.isBeside), () => [
      place.isBeside && h("button.quiet", { type: "button", onclick: () => actions.show(node.id) }, "Use this answer"),
      versionSwitch(place, actions.show),
      node.content && iconButton("copy", "Copy answer", (event) => actions.copy(node.content, event.currentTarget)),
      canContinue(node) && iconButton("continue", "Continue", () => actions.continue(node)),
      iconButton("retry", "Answer again", () => actions.retry(node)),
      iconButton("branch", "Branch off into a new conversation", () => actions.fork(node)),
    ]);
  }
}

const imageName = (url) => `image.${/^data:image\/(\w+)/.exec(url)?.[1].replace("jpeg", "jpg") ?? "png"}`;

/** Tokens, cost, speed and time of an answer. */
export function factsOf(node) {
  const facts = [];
  const usage = usageOf(node) ?? {};
  if (usage.completion_tokens) facts.push(tokens(usage.completion_tokens));
  if (usage.cost !== undefined && usage.cost !== null) facts.push(dollars(usage.cost));
  const speaking = (node.elapsed_s ?? 0) - (node.first_piece_s ?? 0);
  if (usage.completion_tokens && speaking > 0.05) facts.push(`${Math.round(usage.completion_tokens / speaking)} tokens/s`);
  if (node.elapsed_s) facts.push(seconds(node.elapsed_s));
  if (node.provider) facts.push(node.provider);
  return facts;
}

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? "" : ".");
