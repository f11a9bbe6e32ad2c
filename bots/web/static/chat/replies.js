// Replies: how they grow, and what happens where they stand.
/* global htmx */
import { byId, isAtEnd, language, log, showNewest, staying, toEnd, words } from "./page.js";

// --- replies that grow ---------------------------------------------------------------------------------------------------

/** Make what stands equal to what came, and touch nothing that is equal already: selections and pictures stay. */
function growInto(standing, came) {
  const nodes = [...came.childNodes];
  nodes.forEach((node, at) => {
    const before = standing.childNodes[at];
    if (!before) standing.append(node);
    else if (before.isEqualNode(node)) return;
    else if (before.nodeType === Node.TEXT_NODE && node.nodeType === Node.TEXT_NODE) before.data = node.data;
    else if (before.nodeType === Node.ELEMENT_NODE && before.cloneNode().isEqualNode(node.cloneNode())) growInto(before, node);
    else before.replaceWith(node);
  });
  while (standing.childNodes.length > nodes.length) standing.lastChild.remove();
}
let follows = false;
document.addEventListener("htmx:sseBeforeMessage", (event) => {
  const { type, data } = event.detail, target = event.target;
  if (type === "over") follows = isAtEnd();
  if (type === "doing") { event.preventDefault(); target.textContent = data; }
  if (type !== "said") return;
  event.preventDefault();
  const came = document.createElement("template");
  came.innerHTML = data;
  staying(() => growInto(target, came.content));
});
document.addEventListener("htmx:sseMessage", (event) => {
  if (event.detail.type !== "over") return;
  const answer = event.target.closest(".answer");
  answer.querySelector(".doing").textContent = "";
  answer.querySelector(".said").setAttribute("aria-busy", "false");
  ended(answer);
  arrived(answer);
  if (follows) toEnd("smooth");
  showNewest();
});
document.addEventListener("htmx:sseClose", (event) => {
  if (event.detail.type === "message") ended(event.target.closest(".answer"));
});
function ended(answer) {
  answer.classList.remove("is-growing");
  followNext();
}

/** Follow the first reply that grows: those after it wait for it, and browsers keep few connections to a host. */
export function followNext() {
  const answer = log.querySelector(".answer.is-growing");
  if (!answer || answer.hasAttribute("sse-connect")) return;
  for (const part of answer.querySelectorAll("[data-swap]")) part.setAttribute("sse-swap", part.dataset.swap);
  for (const [name, value] of [["hx-ext", "sse"], ["sse-close", "end"], ["sse-connect", answer.dataset.follow]]) {
    answer.setAttribute(name, value);
  }
  htmx.process(answer);
}
document.addEventListener("htmx:sseError", (event) => {
  const doing = event.target.querySelector?.(".is-growing .doing, .doing");
  if (doing && event.target.classList.contains("is-growing")) doing.textContent = words.connection;
});
document.addEventListener("htmx:sseOpen", (event) => {
  const doing = event.target.querySelector(".doing");
  if (doing?.textContent === words.connection) doing.textContent = "";
});

// --- what arrives: times in the reader's own, and pictures with the evidence boxed ---------------------------------------

const dayOf = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
function dayIn(at) {
  const days = Math.round((dayOf(new Date()) - dayOf(at)) / 86_400_000);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  return at.toLocaleDateString(language, { day: "numeric", month: "short", year: days > 300 ? "numeric" : undefined });
}
const attemptOf = (picture) => picture.closest(".exchange")?.querySelector("[data-attempt]")?.dataset.attempt;
const boxing = new IntersectionObserver((seen) => {
  for (const one of seen.filter((each) => each.isIntersecting)) { boxing.unobserve(one.target); showBoxes(one.target); }
});
async function showBoxes(picture) {
  const attempt = attemptOf(picture);
  if (!attempt || picture.dataset.boxedFor === attempt) return;
  picture.dataset.boxedFor = attempt;
  picture.dataset.plain ??= picture.getAttribute("src");
  const answer = await fetch(`${picture.dataset.boxed}?v=${attempt}`).catch(() => undefined);
  const isBoxed = answer?.status === 200;
  const address = isBoxed ? URL.createObjectURL(await answer.blob()) : picture.dataset.plain;
  if (picture.getAttribute("src") !== address) picture.src = address;
  const note = picture.closest("figure")?.querySelector(".boxed-note");
  if (note) note.hidden = !isBoxed;
}
// An error of a picture does not bubble.
document.addEventListener("error", (event) => {
  const button = event.target instanceof HTMLImageElement && event.target.closest(".enlarge");
  if (!button || event.target.src.startsWith("blob:")) return;
  const told = document.createElement("span");
  told.className = "file soft";
  told.textContent = words.picture_gone;
  button.replaceWith(told);
}, true);
export function arrived(within) {
  for (const time of within.querySelectorAll("time[data-day]")) time.textContent = dayIn(new Date(time.dateTime));
  for (const time of within.querySelectorAll("time[data-time]")) {
    const at = new Date(time.dateTime), clock = at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });
    time.textContent = dayOf(at) === dayOf(new Date()) ? clock : `${dayIn(at)}, ${clock}`;
  }
  const whole = within.closest?.(".exchange") ?? within;
  for (const picture of whole.querySelectorAll("img[data-boxed]")) {
    if (attemptOf(picture) && picture.dataset.boxedFor !== attemptOf(picture)) boxing.observe(picture);
  }
}
