// The dialogs of the knowledge pages, errors that htmx would swallow, and files that are dropped.
"use strict";

const dialog = () => document.getElementById("dialog");

// Forms that were not right come back with 422 and are shown, as they would be with 200.
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status === 422) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
});

// What is swapped into the dialog opens it; the browser brings the focus back when it closes.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === dialog() && !dialog().open) dialog().showModal();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-close]")) dialog().close();
});
