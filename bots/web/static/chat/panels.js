// Panels and dialogs: sources, why an answer is what it is, pictures, and whether one is sure; and what htmx tells.
/* global htmx */
import { byId, panelBody, reasonIn, toEnd, toast, words } from "./page.js";
import { arrived, followNext } from "./replies.js";

const panel = byId("panel");

// --- panels and dialogs ----------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  if (event.target instanceof HTMLDialogElement || event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target.closest("[data-dismiss]")) event.target.closest("form").remove();
  const link = event.target.closest("a.cite, a[data-source]");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)) {
    event.preventDefault();
    htmx.ajax("GET", link.getAttribute("href"), { target: "#panel-body", swap: "innerHTML" });
  }
  const enlarge = event.target.closest(".enlarge");
  if (enlarge) enlargePicture(enlarge);
  const copy = event.target.closest("[data-copy]");
  if (copy) copyAnswer(copy.closest(".answer"));
});
function enlargePicture(button) {
  const picture = button.querySelector("img"), shown = byId("viewer-picture"), viewer = byId("viewer");
  shown.src = picture.src;
  shown.alt = picture.alt;
  byId("viewer-words").textContent = button.dataset.words ?? "";
  viewer.setAttribute("aria-label", button.getAttribute("aria-label"));
  viewer.showModal();
}
async function copyAnswer(answer) {
  const text = answer.querySelector(".markdown").innerText;
  try {
    await navigator.clipboard.writeText(text);
  } catch { // pages that are not served over TLS have no clipboard
    const range = document.createRange(), selection = window.getSelection();
    range.selectNodeContents(answer.querySelector(".markdown"));
    selection.removeAllRanges();
    selection.addRange(range);
    document.execCommand("copy");
    selection.removeAllRanges();
  }
  toast(words.copied);
}
function openPanel() {
  panelBody.textContent = panelBody.dataset.loading;
  if (!panel.open) panel.showModal();
}
function panelFilled() {
  const heading = panelBody.querySelector("h2");
  if (heading) panel.setAttribute("aria-label", heading.textContent.trim());
  byId("panel-title").textContent = heading?.textContent.trim() ?? "";
  arrived(panelBody);
  const cited = panelBody.querySelector("mark");
  if (cited) cited.scrollIntoView({ block: "center" });
  else panelBody.scrollTop = 0;
}
panelBody.addEventListener("scroll", () => panel.classList.toggle("is-scrolled", panelBody.scrollTop > 70), { passive: true });
document.addEventListener("htmx:confirm", (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  const sure = byId("sure"), yes = byId("sure-yes");
  byId("sure-words").textContent = event.detail.question;
  yes.textContent = event.detail.elt.dataset.confirm;
  yes.onclick = () => { sure.close(); event.detail.issueRequest(true); };
  if (byId("earlier").matches(":popover-open")) byId("earlier").hidePopover();
  sure.showModal();
});

// --- what htmx does ------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target === panelBody) openPanel();
  const stop = event.target.closest?.("[data-stop]");
  if (stop) { stop.disabled = true; stop.lastChild.data = ` ${words.stop_asked}`; }
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === panelBody) return panelFilled();
  document.querySelector(".reason")?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  return arrived(event.detail.target?.isConnected ? event.detail.target : document.body);
});
document.addEventListener("htmx:afterSettle", followNext); // before it, a new element has attributes of the old one
document.addEventListener("htmx:afterRequest", (event) => {
  const asked = event.detail.xhr?.getResponseHeader("X-Asked");
  if (!asked) return;
  if (event.detail.xhr.status === 204) { toast(words.asked_already); byId(asked)?.scrollIntoView({ behavior: "smooth" }); }
  else toEnd("smooth");
});
document.addEventListener("htmx:responseError", (event) => {
  const reason = reasonIn(event.detail.xhr.responseText) || words.not_done;
  if (event.detail.target === panelBody) panelBody.textContent = reason;
  else toast(reason);
});
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => {
    if (event.detail.target === panelBody) panelBody.textContent = words.not_done;
    else toast(navigator.onLine ? words.not_done : words.offline);
  });
}
