// Short notices in the corner: the server puts them into #toasts, scripts add network faults.

import { say } from "./words";

const STAY_MS = 8000;

function arm(toast: HTMLElement): void {
  if (toast.dataset["armed"]) return;
  toast.dataset["armed"] = "1";
  toast.addEventListener("click", (event) => {
    if ((event.target as HTMLElement).closest("[data-close]")) toast.remove();
  });
  // A refusal stays until it is closed: it says what to do next, and must not vanish while read.
  if (!toast.classList.contains("toast-refusal")) setTimeout(() => toast.remove(), STAY_MS);
}

/** Arm the notices, and say each thing once: what loads by itself (a panel, a progress line) is
 * refused for the same reason as the button somebody pressed. The newest stays. */
function settle(box: HTMLElement): void {
  const told = new Set<string>();
  for (const toast of Array.from(box.querySelectorAll<HTMLElement>(".app-toast")).reverse()) {
    const words = toast.textContent?.replace(/\s+/g, " ").trim() ?? "";
    if (told.has(words)) toast.remove();
    else arm(toast);
    told.add(words);
  }
}

/** Show a refusal that the browser itself noticed. */
export function showFault(title: string, advice: string): void {
  const box = document.getElementById("toasts");
  if (!box) return;
  const toast = document.createElement("div");
  toast.className = "app-toast toast-refusal";
  toast.setAttribute("role", "alert");
  const strong = document.createElement("strong");
  strong.textContent = title;
  const text = document.createElement("div");
  text.textContent = advice;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn-close";
  close.dataset["close"] = "";
  close.setAttribute("aria-label", say("关闭"));
  toast.append(strong, text, close);
  box.append(toast);
}

/** Arm notices that are on the page and those that come later. */
export function setUpToasts(): void {
  const box = document.getElementById("toasts");
  if (!box) return;
  settle(box);
  new MutationObserver(() => settle(box)).observe(box, { childList: true });
  document.body.addEventListener("htmx:sendError", () =>
    showFault(say("网络不通"), say("没有连上服务器。请检查网络后重试，已填内容不会丢失。")),
  );
}
