/** Text in HTML and SVG. */

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A text as the contents or a quoted attribute of an element. Control characters, which a file's name may hold, are replaced. */
export function escapeText(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd").replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

/** A measure of 0 to 1 as people read it. */
export function formatShare(share: number): string {
  return share.toFixed(4);
}

/** A score or threshold in at most 6 digits. */
export function formatScore(score: number): string {
  return String(Number(score.toPrecision(6)));
}
