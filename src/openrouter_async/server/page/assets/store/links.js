// Which addresses are links, which are images, and what a source is. Pure.

const LINK = /^(?:https?:\/\/|mailto:)/i;
const IMAGE = /^data:image\/(?:png|jpeg|gif|webp|avif);base64,[a-z0-9+/=\s]*$/i;

export const isLink = (url) => typeof url === "string" && LINK.test(url.trim());
export const isShownImage = (url) => typeof url === "string" && IMAGE.test(url);

/** The host that a link leads to, in the letters that are sent: `xn--...` stays, since lookalikes would deceive. */
export function hostOf(url) {
  if (!URL.canParse(url)) return "";
  const { protocol, host, pathname } = new URL(url);
  return protocol === "mailto:" ? pathname.slice(pathname.lastIndexOf("@") + 1) : host;
}

/** The sources of an answer, `{url, title}`, each address once, in the order of their first mention. */
export function sourcesOf(node) {
  const cited = new Map();
  for (const annotation of node.annotations ?? []) {
    const { url, title } = annotation?.url_citation ?? (annotation?.type === "url_citation" ? annotation : {});
    if (isLink(url) && !cited.has(url)) cited.set(url, { url, title: typeof title === "string" ? title : "" });
  }
  return [...cited.values()];
}
