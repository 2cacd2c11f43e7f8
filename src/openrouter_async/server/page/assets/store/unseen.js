// Characters that are not seen and change what is: overrides of the direction of writing, which make a name read
// otherwise than it is, and letters without a width, which hide text. Joiners stay: emoji and Persian need them. Pure.

const UNSEEN =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** A text without them, for what is shown and copied. */
export const seen = (text) => text.replace(UNSEEN, "");

/** A text in which they are written out, for what a person is about to send or has sent. */
export const writtenOut = (text) =>
  text.replace(UNSEEN, (one) => `[U+${one.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}]`);
