// Upload with progress: <form data-upload> with one file field, a drop zone and a <progress>.
// The server answers JSON: {location} to go on, or a problem {code, message, advice}.

import { showFault } from "./toast";
import { number, say } from "./words";

type Answer = { location?: string; code?: string; message?: string; advice?: string };

function size(bytes: number): string {
  return bytes < 1048576 ? `${number(bytes / 1024)} KB` : `${number(bytes / 1048576)} MB`;
}

function send(form: HTMLFormElement): void {
  const bar = form.querySelector("progress");
  const note = form.querySelector<HTMLElement>("[data-note]");
  const button = form.querySelector<HTMLButtonElement>("[type=submit]");
  const request = new XMLHttpRequest();
  request.open(form.method, form.action);
  request.setRequestHeader("Accept", "application/json");
  request.upload.addEventListener("progress", (event) => {
    if (!bar || !event.lengthComputable) return;
    bar.hidden = false;
    bar.max = event.total;
    bar.value = event.loaded;
    if (note) note.textContent = `${say("正在上传")} ${size(event.loaded)} / ${size(event.total)}`;
  });
  request.upload.addEventListener("load", () => {
    if (note) note.textContent = say("上传完成，正在校验");
    bar?.removeAttribute("value");
  });
  const fail = (title: string, advice: string): void => {
    if (bar) bar.hidden = true;
    if (note) note.textContent = `${title} ${advice}`;
    if (button) button.disabled = false;
    showFault(title, advice);
  };
  request.addEventListener("error", () =>
    fail(say("网络不通"), say("没有连上服务器。请检查网络后重试，已填内容不会丢失。")),
  );
  request.addEventListener("load", () => {
    let answer: Answer = {};
    try {
      answer = JSON.parse(request.responseText) as Answer;
    } catch {
      answer = { code: String(request.status), message: request.statusText };
    }
    if (request.status < 300 && answer.location) window.location.assign(answer.location);
    else fail(`${answer.message ?? ""} (${answer.code ?? request.status})`, answer.advice ?? "");
  });
  if (button) button.disabled = true;
  request.send(new FormData(form));
}

/** Wire the upload forms inside `root`. */
export function setUpUpload(root: ParentNode): void {
  root.querySelectorAll<HTMLFormElement>("form[data-upload]").forEach((form) => {
    const field = form.querySelector<HTMLInputElement>("input[type=file]");
    const zone = form.querySelector<HTMLElement>("[data-drop]");
    const chosen = form.querySelector<HTMLElement>("[data-chosen]");
    const show = (): void => {
      const file = field?.files?.[0];
      if (chosen) chosen.textContent = file ? `${file.name} · ${size(file.size)}` : "";
    };
    field?.addEventListener("change", show);
    zone?.addEventListener("dragover", (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
    zone?.addEventListener("dragleave", () => zone.classList.remove("is-over"));
    zone?.addEventListener("drop", (event) => {
      event.preventDefault();
      zone.classList.remove("is-over");
      if (field && event.dataTransfer?.files.length) {
        field.files = event.dataTransfer.files;
        show();
      }
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  });
}
