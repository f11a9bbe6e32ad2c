// The chat page: writing and sending, replies that grow, panels, and what is done with an answer.
/* global htmx */

const byId = (id) => document.getElementById(id);
const composer = byId("composer"), question = byId("question"), log = byId("log"), refused = byId("refused");
const thumbnails = byId("thumbnails"), sendButton = byId("send"), panel = byId("panel"), panelBody = byId("panel-body");
const words = JSON.parse(composer.dataset.words);
const mostFiles = Number(composer.dataset.mostFiles), mostBytes = Number(composer.dataset.mostBytes);
const say = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const language = document.documentElement.lang;

// --- where the reader is ---------------------------------------------------------------------------------------------

const root = document.documentElement;
const isAtEnd = () => window.innerHeight + window.scrollY >= root.scrollHeight - 96;
const toEnd = (behavior = "instant") => window.scrollTo({ top: root.scrollHeight, behavior });
const newest = byId("to-newest");
const showNewest = () => { newest.hidden = isAtEnd(); };
window.addEventListener("scroll", showNewest, { passive: true });
newest.addEventListener("click", () => { toEnd("smooth"); question.focus(); });

/** Change the page, and scroll along only if the reader was at its end. */
function staying(change) {
  const follows = isAtEnd();
  change();
  if (follows) toEnd();
  showNewest();
}

// --- writing: what was typed is kept in this tab until it was sent -----------------------------------------------------

const draftName = () => `draft ${composer.dataset.thread}`;
let nonce = "";

function newNonce() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
function keepDraft() {
  try {
    if (question.value) sessionStorage.setItem(draftName(), JSON.stringify({ text: question.value, nonce }));
    else sessionStorage.removeItem(draftName());
  } catch { /* a browser that keeps nothing: the draft lasts as long as the page */ }
}
function takeDraft() {
  try {
    const draft = JSON.parse(sessionStorage.getItem(draftName()) ?? "null");
    if (draft && !question.value) [question.value, nonce] = [draft.text, draft.nonce];
  } catch { /* as above */ }
}
function fit() {
  question.style.height = "auto";
  question.style.height = `${question.scrollHeight}px`;
}
question.addEventListener("input", () => { nonce = ""; fit(); keepDraft(); refuse(""); });
question.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  send();
});
composer.addEventListener("submit", (event) => { event.preventDefault(); send(); });

function refuse(reason) {
  refused.textContent = reason;
  refused.hidden = !reason;
}

// --- files -------------------------------------------------------------------------------------------------------------

let files = [];

function add(found) {
  refuse("");
  for (const file of found) {
    if (files.length >= mostFiles) return refuse(say(words.too_many, { files: mostFiles, name: file.name }));
    if (file.size > mostBytes) refuse(say(words.too_large, { name: file.name, size: Math.floor(mostBytes / 1e6) }));
    else if (!file.size) refuse(say(words.empty_file, { name: file.name }));
    else files.push(file);
  }
  showFiles();
}
function showFiles() {
  nonce = "";
  for (const picture of thumbnails.querySelectorAll("img")) URL.revokeObjectURL(picture.src);
  thumbnails.replaceChildren(...files.map(thumbnail));
  thumbnails.hidden = !files.length;
}
function thumbnail(file, at) {
  const item = document.createElement("li"), name = document.createElement("span"), remove = document.createElement("button");
  if (/^image\/(png|jpeg|gif|webp|bmp)$/.test(file.type)) {
    const picture = document.createElement("img");
    picture.src = URL.createObjectURL(file);
    picture.alt = "";
    item.append(picture);
  }
  name.textContent = name.title = file.name;
  remove.type = "button";
  remove.className = "quiet icon-only";
  remove.textContent = "×";
  remove.setAttribute("aria-label", say(words.remove_file, { name: file.name }));
  remove.addEventListener("click", () => { files.splice(at, 1); showFiles(); question.focus(); });
  item.append(name, remove);
  return item;
}
for (const input of [byId("attach"), byId("camera")]) {
  input.addEventListener("change", () => { add(input.files); input.value = ""; question.focus(); });
}
document.addEventListener("paste", (event) => {
  const pasted = event.clipboardData?.files;
  if (!pasted?.length || (event.target instanceof HTMLTextAreaElement && event.target !== question)) return;
  event.preventDefault();
  add(pasted);
});
const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
let over = 0;
document.addEventListener("dragenter", (event) => { if (carriesFiles(event)) { over += 1; composer.classList.add("is-dropping"); } });
document.addEventListener("dragleave", (event) => { if (carriesFiles(event) && !(over -= 1)) composer.classList.remove("is-dropping"); });
document.addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  over = 0;
  composer.classList.remove("is-dropping");
  add(event.dataTransfer.files);
});

// --- sending -----------------------------------------------------------------------------------------------------------

const changing = () => JSON.parse(document.body.getAttribute("hx-headers") ?? "{}");

/** What a page of an error says, in one line. */
function reasonIn(html) {
  const said = new DOMParser().parseFromString(html, "text/html").querySelectorAll("main p:not(:has(a))");
  return [...said].map((one) => one.textContent.trim()).filter(Boolean).join(" ");
}

async function send() {
  if (composer.classList.contains("is-sending")) return;
  if (!question.value.trim() && !files.length) return refuse(words.empty);
  nonce ||= newNonce();
  keepDraft();
  const form = new FormData();
  form.set("nonce", nonce);
  form.set("text", question.value);
  for (const file of files) form.append("files", file, file.name);
  composer.classList.add("is-sending");
  sendButton.disabled = question.readOnly = true;
  refuse("");
  try {
    const answer = await fetch(composer.action, { method: "POST", body: form, headers: { ...changing(), "HX-Request": "true" } });
    const html = await answer.text();
    if (answer.status === 401) window.location.assign("/sign-in");
    else if (answer.ok) sent(html, answer.headers.get("X-Thread"));
    else refuse(`${reasonIn(html)} ${words.not_sent}`.trim());
  } catch {
    refuse(navigator.onLine ? words.not_sent : words.offline);
  } finally {
    composer.classList.remove("is-sending");
    sendButton.disabled = question.readOnly = false;
    question.focus();
  }
}
function sent(html, thread) {
  question.value = nonce = "";
  keepDraft();
  files = [];
  showFiles();
  fit();
  byId("empty")?.remove();
  if (thread && composer.dataset.thread !== thread) begun(thread);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  const exchange = fresh.content.querySelector(".exchange");
  if (!byId(exchange.id)) log.append(exchange);
  htmx.process(byId(exchange.id));
  arrived(byId(exchange.id));
  toEnd("smooth");
  listAgain();
}
/** A new conversation has its address now. */
function begun(thread) {
  composer.dataset.thread = thread;
  composer.setAttribute("action", `/chat/${thread}/questions`);
  byId("current").value = thread;
  history.replaceState(null, "", `/chat/${thread}`);
}
async function listAgain() {
  const thread = composer.dataset.thread;
  await htmx.ajax("GET", `/chat/earlier?current=${encodeURIComponent(thread)}`, { target: "#talks", swap: "innerHTML" });
  for (const one of document.querySelectorAll("[data-with-talks]")) one.hidden = false;
  const title = byId("talks").querySelector("a[aria-current] .talk-title")?.textContent;
  const head = document.querySelector(".talk-head h1"), remove = byId("delete-talk");
  if (!title || !head.classList.contains("is-new")) return;
  head.textContent = title;
  head.classList.remove("is-new");
  document.title = `${title} · Lorelens`;
  const listed = byId("talks").querySelector("li:has(a[aria-current]) > button");
  for (const name of ["hx-delete", "hx-confirm"]) remove.setAttribute(name, listed.getAttribute(name));
  remove.hidden = false;
  htmx.process(remove);
}
document.addEventListener("click", (event) => {
  const prompt = event.target.closest("[data-ask]");
  if (!prompt) return;
  question.value = prompt.dataset.ask;
  nonce = "";
  send();
});
const offline = byId("offline");
const tellOffline = () => { offline.hidden = navigator.onLine; };
for (const name of ["online", "offline"]) window.addEventListener(name, tellOffline);

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
  answer.classList.remove("is-growing");
  answer.querySelector(".doing").textContent = "";
  answer.querySelector(".said").setAttribute("aria-busy", "false");
  arrived(answer);
  if (follows) toEnd("smooth");
  showNewest();
});
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
function arrived(within) {
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
  arrived(panelBody);
  const cited = panelBody.querySelector("mark");
  if (cited) cited.scrollIntoView({ block: "center" });
  else panelBody.scrollTop = 0;
}
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
let toasting = 0;
function toast(text) {
  const box = byId("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toasting);
  toasting = setTimeout(() => { box.hidden = true; }, 4000);
}

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

// --- the beginning -------------------------------------------------------------------------------------------------------

takeDraft();
fit();
tellOffline();
arrived(document.body);
if (composer.dataset.thread && !window.location.hash) requestAnimationFrame(() => { toEnd(); showNewest(); });
