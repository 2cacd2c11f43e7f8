// Input methods for Chinese, Japanese, Korean: while a word is composed, Enter takes it and Escape drops it.

/** Whether a key belongs to the input method. Safari sends the last one after composing ended, as keyCode 229. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;
