// Ids of conversations and messages, and the one that the address names.

/** 128 random bits as text. `crypto.randomUUID` exists only on https and on this machine. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The conversation in the address, or "" where there is none that can be read. */
export function idInAddress() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // "#%" is not an encoding of anything
  }
}

export const addressOf = (id) => (id ? `#${encodeURIComponent(id)}` : location.pathname + location.search);
