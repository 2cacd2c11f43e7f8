// A classic script in the head, so that the page is never drawn in the wrong colours.
try {
  const theme = JSON.parse(localStorage.getItem("openrouter-chat-theme"));
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's colours are taken.
}
