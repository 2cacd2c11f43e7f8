// The model picker: search, filters, prices, context lengths.
import { isComposing } from "./composing.js";
import { byId, h, icon, setText } from "./dom.js";
import { prepareDialog } from "./dialogs.js";
import { contextLength, perMillion, shortModel } from "./format.js";
import { keep, kept } from "./kept.js";
import { openMenu } from "./menu.js";

const RECENT_MOST = 5;

const FILTERS = {
  images: { label: "Reads images", test: (model) => model.input_modalities.includes("image") },
  tools: { label: "Tools", test: (model) => model.supported_parameters.includes("tools") },
  reasoning: { label: "Reasoning", test: (model) => model.supported_parameters.includes("reasoning") },
  free: { label: "Free", test: (model) => Number(model.prompt_price) === 0 && Number(model.completion_price) === 0 },
};

const price = (model) => {
  const sum = Number(model.prompt_price ?? NaN) + Number(model.completion_price ?? NaN);
  return sum >= 0 ? sum : Infinity; // unknown, or it varies
};

const SORTS = {
  used: { label: "Favourites and recent first" },
  newest: { label: "Newest first", by: () => 0 },
  price: { label: "Lowest price first", by: (a, b) => price(a) - price(b) },
  context: { label: "Longest context first", by: (a, b) => (b.context_length ?? 0) - (a.context_length ?? 0) },
  name: { label: "By name", by: (a, b) => a.name.localeCompare(b.name) },
};

/**
 * Models that have all words of a query in id or name, and pass all filters. One that is named in full comes first,
 * then those in `recent`, in its order; or all in the order of `sort`.
 */
export function findModels(models, query, filters = new Set(), recent = [], sort = "used") {
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
  const by = SORTS[sort]?.by;
  if (by) return found.sort(by);
  return found.sort((a, b) => rank(a) - rank(b)); // stable: the rest stays in the service's order, newest first
}

const favourites = () => kept("favourite-models", []);
const sortOf = () => (kept("models-sort", "") in SORTS ? kept("models-sort", "") : "used");

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
  #onPick = null;
  #then = null; // what is to be done when a model has been chosen

  constructor(onChoose) {
    this.onChoose = onChoose;
    this.#button.addEventListener("click", () => this.open());
    this.#search.addEventListener("input", () => this.#refresh());
    this.#search.addEventListener("keydown", (event) => this.#key(event));
    const toggles = Object.entries(FILTERS).map(([name, { label }]) =>
      h("button.toggle", { type: "button", "aria-pressed": "false", onclick: (event) => this.#filter(name, event.currentTarget) }, label));
    byId("models-filters").append(...toggles);
    byId("models-sort").addEventListener("click", (event) => this.#sortMenu(event.currentTarget));
    byId("models-favourite").addEventListener("click", () => this.#star(this.#found[this.#active]));
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
    setText(this.#name, id ? this.nameOf(id) : "Choose a model");
  }

  /** Let a person choose a model for something else than the next answers. */
  pick(onPick) {
    this.open();
    this.#onPick = onPick;
  }

  nameOf(id) {
    return this.find(id)?.name ?? shortModel(id);
  }

  open(then = null) {
    this.#then = then;
    this.#onPick = null;
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
    const first = [this.#chosen, ...favourites(), ...kept("recent-models", [])];
    this.#found = findModels(this.#models, this.#search.value, this.#filters, first, sortOf());
    this.#list.replaceChildren(...this.#found.map((model, i) => this.#option(model, i)));
    setText(byId("models-sort"), `Sort: ${SORTS[sortOf()].label}`);
    setText(this.#note, this.#found.length ? "" : "No model fits.");
    this.#activate(0);
    this.#list.scrollTop = 0;
  }

  #sortMenu(button) {
    const choose = (name) => {
      keep("models-sort", name);
      this.#refresh();
    };
    const items = Object.entries(SORTS).map(([name, { label }]) => ({
      label, icon: name === sortOf() ? "check" : "blank", run: () => choose(name),
    }));
    openMenu(button, "Sort models", items);
  }

  /** Make a model a favourite, or no longer one; the list stays as it is until it is searched or opened again. */
  #star(model) {
    if (!model) return;
    const others = favourites().filter((id) => id !== model.id);
    keep("favourite-models", others.length < favourites().length ? others : [model.id, ...others]);
    const i = this.#found.indexOf(model);
    const { scrollTop } = this.#list;
    this.#list.children[i].replaceWith(this.#option(model, i));
    this.#activate(i, false);
    this.#list.scrollTop = scrollTop;
    this.#search.focus();
  }

  #option(model, i) {
    const [input, output] = [perMillion(model.prompt_price), perMillion(model.completion_price)];
    const price = input === "free" && output === "free" ? "free" : input && output ? `${input} in, ${output} out` : "";
    const isFavourite = favourites().includes(model.id);
    const context = contextLength(model.context_length);
    return h(
      "li.model-option",
      {
        id: `model-option-${i}`, role: "option", "aria-selected": "false", title: model.description ?? "",
        onclick: () => this.#choose(model), onmousemove: () => this.#activate(i, false),
      },
      h("span.model-check", {}, model.id === this.#chosen && icon("check")),
      h(
        "span.model-star",
        { title: isFavourite ? "Remove from favourites" : "Add to favourites", onclick: (event) => { event.stopPropagation(); this.#star(model); } },
        icon(isFavourite ? "star-full" : "star"),
        isFavourite && h("span.sr-only", {}, "favourite"),
      ),
      h("span.model-names", {}, h("span.model-title", {}, model.name), h("span.model-id", {}, model.id)),
      h("span.model-facts", {}, h("span", {}, price), h("span", {}, context && `${context} context`)),
    );
  }

  #activate(i, scroll = true) {
    const options = this.#list.children;
    options[this.#active]?.setAttribute("aria-selected", "false");
    this.#active = i;
    const option = options[i];
    const isFavourite = favourites().includes(this.#found[i]?.id);
    byId("models-favourite").disabled = !option;
    setText(byId("models-favourite"), isFavourite ? "Remove favourite" : "Add favourite");
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
    if (this.#onPick) return this.#onPick(model);
    this.show(model.id);
    this.onChoose(model);
    this.#then?.();
  }
}
