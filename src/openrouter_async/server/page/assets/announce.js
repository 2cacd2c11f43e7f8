// What a screen reader is told: that an answer begins, and the answer when it is whole; not each piece of it.
import { byId } from "./dom.js";

const SPOKEN_MOST = 800;

export function announce(text) {
  byId("live").textContent = text;
}

/** Say the beginning of an answer, without its marks. */
export function announceAnswer(element) {
  const text = [...element.querySelectorAll(".prose")].map((prose) => prose.innerText).join(" ").trim();
  announce(text.length > SPOKEN_MOST ? `Answer: ${text.slice(0, SPOKEN_MOST)}… The rest is in the message.` : `Answer: ${text}`);
}
