// What the browser keeps: `kept` and `keep` for tastes, until they change; `held` and `hold` for what is not saved yet, in
// this tab and until it is closed, a reload included. Storage may be refused, so all of it is also kept in memory.

const memory = new Map();

const tastes = () => localStorage;
const tab = () => sessionStorage;

function read(storage, key, otherwise) {
  if (memory.has(key)) return memory.get(key) ?? otherwise;
  try {
    return JSON.parse(storage().getItem(key)) ?? otherwise;
  } catch {
    return otherwise; // storage is blocked, or something else wrote there
  }
}

/** Whether it survives a reload. */
function write(storage, key, value) {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, JSON.stringify(value));
    memory.delete(key);
    return true;
  } catch {
    memory.set(key, value); // storage is blocked or full: it lasts until the page is closed
    return false;
  }
}

const keyOf = (name) => `openrouter-chat-${name}`;

export const kept = (name, otherwise) => read(tastes, keyOf(name), otherwise);
export const keep = (name, value) => write(tastes, keyOf(name), value);

export const held = (name, otherwise = null) => read(tab, keyOf(name), otherwise);
/** Hold a value; null lets go of it. Returns whether it survives a reload. */
export const hold = (name, value) => write(tab, keyOf(name), value);

/** The ends of the names that begin with `prefix`. */
export function heldNames(prefix) {
  try {
    const start = keyOf(prefix);
    return Object.keys(sessionStorage).filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
  } catch {
    return []; // storage is blocked: nothing has survived
  }
}
