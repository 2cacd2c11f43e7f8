// What this browser keeps for itself: tastes, never conversations. It may be refused, so nothing depends on it.

export function kept(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`openrouter-chat-${name}`)) ?? otherwise;
  } catch {
    return otherwise; // storage is blocked, or something else wrote there
  }
}

export function keep(name, value) {
  try {
    localStorage.setItem(`openrouter-chat-${name}`, JSON.stringify(value));
  } catch {
    // Storage is blocked or full: the taste lasts until the page is closed.
  }
}
