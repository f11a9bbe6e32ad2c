// What the parts of the chat page share: its words, where the reader is, and short messages.

export const byId = (id) => document.getElementById(id);
export const composer = byId("composer"), question = byId("question"), log = byId("log"), panelBody = byId("panel-body");
export const words = JSON.parse(composer.dataset.words);
export const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const root = document.documentElement, newest = byId("to-newest");
export const language = root.lang;
export const isAtEnd = () => window.innerHeight + window.scrollY >= root.scrollHeight - 96;
export const toEnd = (behavior = "instant") => window.scrollTo({ top: root.scrollHeight, behavior });
export const showNewest = () => { newest.hidden = isAtEnd(); };
window.addEventListener("scroll", showNewest, { passive: true });
newest.addEventListener("click", () => { toEnd("smooth"); question.focus(); });

/** Change the page, and scroll along only if the reader was at its end. */
export function staying(change) {
  const follows = isAtEnd();
  change();
  if (follows) toEnd();
  showNewest();
}

let toasting = 0;
/** Say something for a moment. */
export function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { box.hidden = true; }, 4000);
}

/** What a page of an error says, in one line. */
export function reasonIn(html) {
  const said = new DOMParser().parseFromString(html, "text/html").querySelectorAll("main p:not(:has(a))");
  return [...said].map((one) => one.textContent.trim()).filter(Boolean).join(" ");
}
