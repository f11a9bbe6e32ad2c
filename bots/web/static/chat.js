// The chat page: writing, files and sending. What comes of it: ./chat/replies.js and ./chat/panels.js.
/* global htmx */
import { byId, composer, log, question, reasonIn, say, showNewest, toEnd, words } from "./chat/page.js";
import { arrived, followNext } from "./chat/replies.js";
import "./chat/panels.js";

const refused = byId("refused"), thumbnails = byId("thumbnails"), sendButton = byId("send");
const limits = composer.querySelector(".limits"), allowed = limits.textContent;
const mostFiles = Number(composer.dataset.mostFiles), mostBytes = Number(composer.dataset.mostBytes);

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
    const together = files.reduce((sum, one) => sum + one.size, file.size);
    if (together > mostBytes) refuse(say(words.too_large, { name: file.name, size: Math.round(mostBytes / 1e6) }));
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
  limits.textContent = words.sending;
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
    limits.textContent = allowed;
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
  followNext();
  toEnd("smooth");
  listAgain();
}
/** A new conversation has its address now. */
function begun(thread) {
  composer.dataset.thread = thread;
  composer.setAttribute("action", `/chat/${thread}/questions`);
  byId("current").value = thread;
  history.replaceState(null, "", `/chat/${thread}`);
  const back = document.querySelector("form[action='/language'] input[name=back]");
  if (back) back.value = `/chat/${thread}`;
}
async function listAgain() {
  byId("find").value = "";
  const thread = composer.dataset.thread;
  await htmx.ajax("GET", `/chat/earlier?current=${encodeURIComponent(thread)}`, { target: "#talks", swap: "innerHTML" });
  for (const one of document.querySelectorAll("[data-with-talks]")) one.hidden = false;
  const title = byId("talks").querySelector("a[aria-current] .talk-title")?.textContent;
  const head = document.querySelector(".talk-head h1"), remove = byId("delete-talk");
  if (!title || !head.classList.contains("is-new")) return;
  head.textContent = head.title = title;
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

// --- the beginning -------------------------------------------------------------------------------------------------------

takeDraft();
fit();
tellOffline();
arrived(document.body);
document.addEventListener("DOMContentLoaded", followNext);
if (composer.dataset.thread && !window.location.hash) requestAnimationFrame(() => { toEnd(); showNewest(); });
