// Where a link leads, at the foot of the page while it is pointed at or has the focus: its text may say anything.
import { byId, setText } from "./dom.js";

export function showLinkTargets(area) {
  const shown = byId("link-target");
  const show = (event) => {
    const link = event.target.closest?.("a[href]");
    setText(shown, link ? link.href : "");
    shown.hidden = !link;
  };
  for (const name of ["pointerover", "focusin"]) area.addEventListener(name, show);
  for (const name of ["pointerleave", "focusout"]) area.addEventListener(name, () => (shown.hidden = true));
}
