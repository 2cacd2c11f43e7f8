// What was begun and not sent, for each conversation. It survives a reload of the tab.
import { held, hold } from "./kept.js";

/** The draft of a conversation that has no message yet. */
export const NEW = "new";

export class Drafts {
  read(id) {
    const { text = "", parts = [] } = held(`draft-${id}`) ?? {};
    return { text, parts };
  }

  write(id, { text, parts }) {
    const name = `draft-${id}`;
    if (!text && !parts.length) hold(name, null);
    else hold(name, { text, parts });
  }
}

/** The change of a message that is not sent, as `{id, text}`; at most one for each conversation. */
export const editOf = (docId) => held(`edit-${docId}`);
export const keepEdit = (docId, edit) => hold(`edit-${docId}`, edit);

/** The settings of the conversation that has no message yet. */
export const newSettings = () => held("new-settings");
export const keepNewSettings = (settings) => hold("new-settings", settings);
