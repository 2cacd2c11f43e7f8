// One tool call: its arguments while they are written, then what came back.
import { h, icon, setText } from "./dom.js";
import { resultText } from "./store/content.js";

export class ToolView {
  constructor() {
    this.name = h("span.tool-name");
    this.state = h("span.tool-state");
    this.args = h("code");
    this.result = h("code");
    this.resultLabel = h("h4", {}, "Result");
    this.resultBlock = h("div.tool-result", { hidden: true }, this.resultLabel, h("pre", { tabIndex: 0 }, this.result));
    this.element = h(
      "details.fold.tool",
      {},
      h("summary", {}, icon("tool"), this.name, this.state, icon("chevron")),
      h("div.fold-body", {}, h("h4", {}, "Arguments"), h("pre", { tabIndex: 0 }, this.args), this.resultBlock),
    );
    this.touched = false;
    this.element.querySelector("summary").addEventListener("click", () => (this.touched = true));
  }

  update(call, result, isActive) {
    setText(this.name, call.name || "tool");
    setText(this.args, pretty(call.arguments, call.whole || !isActive));
    this.resultBlock.hidden = !result;
    if (result) setText(this.result, pretty(resultText(result.content), true));
    this.element.classList.toggle("failed", Boolean(result?.is_error));
    setText(this.resultLabel, result?.is_error ? "Error" : "Result");
    setText(this.state, stateOf(call, result, isActive));
    // Open while it is written, then out of the way, unless a person has folded it otherwise.
    if (!this.touched) this.element.open = isActive && !result;
  }
}

function stateOf(call, result, isActive) {
  if (result) return result.is_error ? "failed" : "done";
  if (!isActive) return "not run";
  if (!call.whole) return "writing arguments…";
  return call.progress ? `running… ${call.progress}` : "running…";
}

/** JSON with indentation once it is whole; half of it stays as it came. */
function pretty(text, isWhole) {
  if (!isWhole) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // not every tool answers in JSON
  }
}
