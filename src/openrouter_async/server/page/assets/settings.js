// The settings of a conversation: system prompt, preset, and parameters. What is empty is left to the model.
import { ask, prepareDialog } from "./dialogs.js";
import { byId, h, setText } from "./dom.js";
import { keep, kept } from "./kept.js";

/** How a field's text becomes a parameter; undefined leaves it out. */
const NUMBERS = {
  temperature: { element: "set-temperature", min: 0, max: 2 },
  top_p: { element: "set-top-p", min: 0, max: 1 },
  max_tokens: { element: "set-max-tokens", min: 1, whole: true },
  seed: { element: "set-seed", whole: true },
};

/** Run by OpenRouter; what it finds comes back as citations. https://openrouter.ai/docs/features/web-search */
const WEB_SEARCH = { type: "openrouter:web_search" };

export class Settings {
  #dialog = prepareDialog(byId("settings-dialog"));
  #system = byId("set-system");
  #preset = byId("set-preset");
  #effort = byId("set-effort");
  #web = byId("set-web");
  #note = byId("settings-note");
  #serverPresets = {};
  #settings = null;

  /** `onChange(settings)` is told of each change; `modelOf()` is the model that will answer, as far as known. */
  constructor({ onChange, modelOf }) {
    this.onChange = onChange;
    this.modelOf = modelOf;
    byId("settings").addEventListener("click", () => this.open());
    this.#system.addEventListener("input", () => this.#change({ system: this.#system.value }));
    this.#effort.addEventListener("change", () => {
      const effort = this.#effort.value;
      this.#param("reasoning", effort ? { effort } : undefined);
    });
    this.#web.addEventListener("change", () => this.#param("tools", this.#web.checked ? [WEB_SEARCH] : undefined));
    for (const [name, { element }] of Object.entries(NUMBERS)) {
      byId(element).addEventListener("input", () => this.#number(name));
    }
    this.#preset.addEventListener("change", () => this.#take(this.#preset.value));
    byId("preset-save").addEventListener("click", () => this.#save());
    byId("preset-delete").addEventListener("click", () => this.#remove());
    byId("settings-reset").addEventListener("click", () => this.#take(""));
  }

  /** What the server offers: presets, and tools that it runs itself. */
  setOffer({ presets = {}, tools = [] }) {
    this.#serverPresets = presets;
    this.#presets();
    byId("server-tools").hidden = !tools.length;
    byId("server-tools-list").replaceChildren(
      ...tools.map(({ name, description }) => h("li", {}, h("span.tool-name", {}, name), description && ` ${description}`)),
    );
  }

  open() {
    this.#advise();
    this.#dialog.showModal();
  }

  show(settings) {
    this.#settings = settings;
    const { params = {} } = settings;
    this.#system.value = settings.system ?? "";
    for (const [name, { element }] of Object.entries(NUMBERS)) byId(element).value = params[name] ?? "";
    this.#web.checked = (params.tools ?? []).some((tool) => tool.type === WEB_SEARCH.type);
    this.#effort.value = params.reasoning?.effort ?? "";
    this.#presets();
    this.#advise();
  }

  #change(changes) {
    Object.assign(this.#settings, changes);
    this.#advise();
    this.onChange(this.#settings);
  }

  #param(name, value) {
    const params = { ...this.#settings.params };
    if (value === undefined) delete params[name];
    else params[name] = value;
    this.#change({ params });
  }

  #number(name) {
    const { element, min = -Infinity, max = Infinity, whole = false } = NUMBERS[name];
    const field = byId(element);
    const value = field.valueAsNumber;
    const isEmpty = field.value === "" && !field.validity.badInput;
    const isGood = !Number.isNaN(value) && value >= min && value <= max && (!whole || Number.isInteger(value));
    field.setAttribute("aria-invalid", String(!isEmpty && !isGood));
    if (isEmpty) this.#param(name, undefined);
    else if (isGood) this.#param(name, value);
  }

  /** Say which settings the model does not know: they are sent, and ignored or refused by its provider. */
  #advise() {
    const model = this.modelOf();
    if (!this.#settings || !model?.supported_parameters?.length) return setText(this.#note, "");
    const unknown = Object.keys(this.#settings.params ?? {}).filter((name) => !model.supported_parameters.includes(name));
    setText(this.#note, unknown.length ? `${model.name} does not say that it takes ${unknown.join(", ")}.` : "");
  }

  #presets() {
    const own = Object.keys(kept("presets", {}));
    const option = (name) => h("option", { value: name }, name);
    const group = (label, names) => names.length ? [h("optgroup", { label }, names.map(option))] : [];
    this.#preset.replaceChildren(
      h("option", { value: "" }, "None"),
      ...group("Of the server", Object.keys(this.#serverPresets)),
      ...group("Yours", own),
    );
    this.#preset.value = this.#settings?.preset ?? "";
    if (this.#preset.selectedIndex < 0) this.#preset.value = ""; // one that is there no longer
    byId("preset-delete").hidden = !own.includes(this.#preset.value);
  }

  /** A preset may name `model` and `system` besides parameters. */
  #take(name) {
    const { model, system, ...params } = { ...this.#serverPresets, ...kept("presets", {}) }[name] ?? {};
    this.#change({
      preset: name || null,
      params: structuredClone(params),
      system: system ?? (name ? this.#settings.system : ""),
      model: model ?? this.#settings.model,
    });
    this.show(this.#settings);
  }

  async #save() {
    const name = await ask({
      title: "Save as preset", text: "It keeps the system prompt, the model and the parameters in this browser.",
      label: "Name", value: this.#settings.preset ?? "", confirm: "Save",
    });
    if (!name) return;
    const { model, system, params } = this.#settings;
    keep("presets", { ...kept("presets", {}), [name]: { ...params, ...(model && { model }), ...(system && { system }) } });
    this.#change({ preset: name });
    this.#presets();
  }

  #remove() {
    const { [this.#preset.value]: _gone, ...rest } = kept("presets", {});
    keep("presets", rest);
    this.#change({ preset: null });
    this.#presets();
    this.#preset.focus();
  }
}
