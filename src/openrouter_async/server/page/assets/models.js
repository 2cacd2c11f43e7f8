// The model picker: search, filters, prices, context lengths.
import { isComposing } from "./composing.js";
import { byId, h, icon, setText } from "./dom.js";
import { prepareDialog } from "./dialogs.js";
import { contextLength, perMillion, shortModel } from "./format.js";
import { keep, kept } from "./kept.js";

/** As many as are drawn at once; the search is quicker than scrolling through more. */
const SHOWN_MOST = 120;
const RECENT_MOST = 5;

const FILTERS = {
  images: { label: "Reads images", test: (model) => model.input_modalities.includes("image") },
  tools: { label: "Tools", test: (model) => model.supported_parameters.includes("tools") },
  reasoning: { label: "Reasoning", test: (model) => model.supported_parameters.includes("reasoning") },
  free: { label: "Free", test: (model) => Number(model.prompt_price) === 0 && Number(model.completion_price) === 0 },
};

/**
 * Models that have all words of a query in id or name, and pass all filters. One that is named in full comes first,
 * then those used last.
 */
export function findModels(models, query, filters = new Set(), recent = []) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => {
    const text = `${model.id} ${model.name}`.toLowerCase();
    return words.every((word) => text.includes(word)) && [...filters].every((name) => FILTERS[name].test(model));
  });
  const name = words.join("-");
  const rank = (model) => {
    if (name && (model.id === name || shortModel(model.id) === name)) return -1;
    return recent.includes(model.id) ? recent.indexOf(model.id) : recent.length;
  };
  return found.sort((a, b) => rank(a) - rank(b)); // stable: the rest stays in the service's order, newest first
}

export class ModelPicker {
  #dialog = prepareDialog(byId("models-dialog"));
  #search = byId("models-search");
  #list = byId("models-list");
  #note = byId("models-note");
  #button = byId("model");
  #name = byId("model-name");
  #models = [];
  #filters = new Set();
  #found = [];
  #active = 0;
  #chosen = null;
  #then = null; // what is to be done when a model has been chosen

  constructor(onChoose) {
    this.onChoose = onChoose;
    this.#button.addEventListener("click", () => this.open());
    this.#search.addEventListener("input", () => this.#refresh());
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    const toggles = Object.entries(FILTERS).map(([name, { label }]) =>
      h("button.toggle", { type: "button", "aria-pressed": "false", onclick: (event) => this.#filter(name, event.currentTarget) }, label));
    byId("models-filters").append(...toggles);
  }

  setModels(models) {
    this.#models = models;
    if (this.#dialog.open) this.#refresh();
    this.show(this.#chosen);
  }

  find(id) {
    return this.#models.find((model) => model.id === id) ?? null;
  }

  /** A model that was used before, if it is still offered. */
  offered(id) {
    return !this.#models.length || this.find(id) ? id : null;
  }

  /** Show which model is chosen. */
  show(id) {
    this.#chosen = id;
    setText(this.#name, id ? (this.find(id)?.name ?? shortModel(id)) : "Choose a model");
  }

  open(then = null) {
    this.#then = then;
    this.#search.value = "";
    this.#refresh();
    this.#dialog.showModal();
    this.#search.focus();
  }

  #filter(name, button) {
    if (!this.#filters.delete(name)) this.#filters.add(name);
    button.setAttribute("aria-pressed", String(this.#filters.has(name)));
    this.#refresh();
  }

  #refresh() {
    const recent = [this.#chosen, ...kept("recent-models", [])];
    this.#found = findModels(this.#models, this.#search.value, this.#filters, recent);
    const shown = this.#found.slice(0, SHOWN_MOST);
    this.#list.replaceChildren(...shown.map((model, i) => this.#option(model, i)));
    const more = this.#found.length - shown.length;
    setText(this.#note, !this.#found.length ? "No model fits." : more ? `${more} more; search to find them.` : "");
    this.#activate(0);
    this.#list.scrollTop = 0;
  }

  #option(model, i) {
    const [input, output] = [perMillion(model.prompt_price), perMillion(model.completion_price)];
    const price = input === "free" && output === "free" ? "free" : input && output ? `${input} in, ${output} out` : "";
    const context = contextLength(model.context_length);
    return h(
      "li.model-option",
      {
        id: `model-option-${i}`, role: "option", "aria-selected": "false", title: model.description ?? "",
        onclick: () => this.#choose(model), onmousemove: () => this.#activate(i, false),
      },
      h("span.model-check", {}, model.id === this.#chosen && icon("check")),
      h("span.model-names", {}, h("span.model-title", {}, model.name), h("span.model-id", {}, model.id)),
      h("span.model-facts", {}, h("span", {}, price), h("span", {}, context && `${context} context`)),
    );
  }

  #activate(i, scroll = true) {
    const options = this.#list.children;
    options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = i;
    const option = options[i];
    option?.setAttribute("aria-selected", "true");
    if (scroll) option?.scrollIntoView({ block: "nearest" });
    if (option) this.#search.setAttribute("aria-activedescendant", option.id);
    else this.#search.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (isComposing(event)) return;
    const last = this.#list.childElementCount - 1;
    const next = { ArrowDown: Math.min(last, this.#active + 1), ArrowUp: Math.max(0, this.#active - 1) }[event.key];
    if (next !== undefined) this.#activate(next);
    else if (event.key === "Enter" && this.#found[this.#active]) this.#choose(this.#found[this.#active]);
    else return;
    event.preventDefault();
  }

  #choose(model) {
    const recent = [model.id, ...kept("recent-models", []).filter((id) => id !== model.id)];
    keep("recent-models", recent.slice(0, RECENT_MOST));
    this.#dialog.close();
    this.show(model.id);
    this.onChoose(model);
    this.#then?.();
  }
}
