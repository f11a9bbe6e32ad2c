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

// Files that are dropped on the field are chosen; what is chosen is listed before it is sent.
const field = document.getElementById("f-files");
const drop = document.getElementById("drop");
if (field && drop) {
  const chosen = document.getElementById("chosen");
  const sending = document.getElementById("sending");
  const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
  const list = () => {
    chosen.replaceChildren(
      ...[...field.files].map((file) => {
        const row = document.createElement("li");
        const name = document.createElement("bdi");
        const bytes = document.createElement("span");
        name.textContent = file.name;
        bytes.textContent = size(file.size);
        bytes.className = "soft";
        row.append(name, bytes);
        return row;
      }),
    );
  };
  field.addEventListener("change", list);
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) drop.addEventListener(kind, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = new DataTransfer();
    for (const file of [...field.files, ...event.dataTransfer.files]) files.items.add(file);
    field.files = files.files;
    list();
  });
  const form = document.getElementById("upload");
  form.addEventListener("htmx:xhr:progress", (event) => {
    if (!event.detail.lengthComputable) return;
    sending.hidden = false;
    sending.value = (100 * event.detail.loaded) / event.detail.total;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    sending.hidden = true;
    if (event.detail.xhr.status !== 200) return;
    field.value = "";
    list();
  });
}

// What could not be done is said where it is seen, in the words that the server has for it.
document.addEventListener("htmx:responseError", (event) => {
  const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
  const said = [...answer.querySelectorAll("main p:not(:has(a))")].map((one) => one.textContent.trim());
  const fault = document.getElementById("fault");
  fault.textContent = said.join(" ") || event.detail.xhr.statusText;
  fault.hidden = false;
  if (dialog().open) dialog().close();
});
document.addEventListener("htmx:beforeRequest", () => {
  document.getElementById("fault").hidden = true;
});
