// What the server has spent and what is left, at the foot of the side bar.
import { byId, setText } from "./dom.js";
import { dollars } from "./format.js";

export class Account {
  #element = byId("account");
  #spent = "";
  #credit = "";
  #showsCredit = true;

  constructor(api) {
    this.api = api;
  }

  /** Without a budget nothing is held; what is in doubt broke off, and may have been charged. */
  showSpent({ spent, budget, held, doubtful }) {
    const sum = `Spent ${dollars(spent)}`;
    const parts = [budget === null || budget === undefined ? sum : `${sum} of ${dollars(budget)}`];
    if (Number(held) > 0) parts.push(`${dollars(held)} held`);
    if (Number(doubtful) > 0) parts.push(`${dollars(doubtful)} of it in doubt`);
    this.#spent = parts.join(", ");
    this.#draw();
  }

  /** Ask again, after an answer. Not every key may see the credits: then they are left out, and not asked for again. */
  async refresh() {
    const [settings, credits] = await Promise.allSettled([
      this.api.get("settings"),
      this.#showsCredit ? this.api.get("credits?optional") : Promise.reject(new Error("not shown")),
    ]);
    if (settings.status === "fulfilled") this.showSpent(settings.value);
    this.#showsCredit &&= credits.status === "fulfilled" && credits.value !== null;
    this.#credit = this.#showsCredit ? `${dollars(credits.value.remaining)} credit left` : "";
    this.#draw();
  }

  #draw() {
    setText(this.#element, [this.#spent, this.#credit].filter(Boolean).join("\n"));
  }
}
