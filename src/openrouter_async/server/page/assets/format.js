// Numbers for people.

const count = new Intl.NumberFormat("en");
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const tokens = (n) => `${count.format(n)} ${n === 1 ? "token" : "tokens"}`;
export const size = (bytes) =>
  bytes < 1024 ? `${bytes} B` : bytes < 1024 ** 2 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
export const contextLength = (n) => (n ? compact.format(n) : "");

/** US dollars; small sums keep two figures, so that they do not read as nothing. */
export function dollars(value) {
  const sum = Number(value) || 0;
  if (sum === 0) return "$0";
  if (Math.abs(sum) >= 1) return `$${sum.toFixed(2)}`;
  const decimals = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(Math.abs(sum)))));
  return `$${sum.toFixed(decimals).replace(/(\.\d\d\d*?)0+$/, "$1")}`;
}

/** A price a token as a price a million tokens. */
export function perMillion(price) {
  if (price === null || price === undefined || price === "") return "";
  const sum = Number(price) * 1e6;
  if (!(sum >= 0)) return "varies";
  if (sum === 0) return "free";
  const text = sum.toFixed(sum < 0.1 ? 3 : 2);
  return `$${sum >= 1 ? text.replace(/\.00$/, "") : text.replace(/(\.\d\d)0$/, "$1")}`;
}

export function seconds(s) {
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
}

/** Heading for a day in the list of conversations. */
export function dayGroup(iso, now = new Date()) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const at = new Date(iso).getTime();
  if (!(at < midnight)) return "Today";
  const days = Math.ceil((midnight - at) / 86_400_000);
  if (days <= 1) return "Yesterday";
  if (days <= 7) return "Last 7 days";
  if (days <= 30) return "Last 30 days";
  return "Older";
}

/** The name of a model without its maker: "openai/gpt-4.1-mini" is "gpt-4.1-mini". */
export const shortModel = (id) => id.slice(id.indexOf("/") + 1);
