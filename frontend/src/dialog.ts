// One <dialog> for forms that the server sends (target #dialog-body) and one for confirmations.

type ConfirmDetail = { question: string | null; issueRequest: (skip: boolean) => void };

function ask(question: string, onYes: () => void): void {
  const dialog = document.getElementById("confirm") as HTMLDialogElement | null;
  if (!dialog) return onYes();
  const text = dialog.querySelector<HTMLElement>("[data-question]");
  if (text) text.textContent = question;
  dialog.returnValue = "no";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && onYes(), { once: true });
  dialog.showModal();
}

/** Wire both dialogs, `hx-confirm`, and `data-confirm` on ordinary forms. */
export function setUpDialogs(): void {
  const dialog = document.getElementById("dialog") as HTMLDialogElement | null;
  document.body.addEventListener("htmx:afterSwap", (event) => {
    const target = (event as CustomEvent<{ target: HTMLElement }>).detail.target;
    if (target.id === "dialog-body" && dialog && !dialog.open) dialog.showModal();
  });
  document.body.addEventListener("closeDialog", () => dialog?.close());
  document.body.addEventListener("htmx:confirm", (event) => {
    const detail = (event as CustomEvent<ConfirmDetail>).detail;
    if (!detail.question) return;
    event.preventDefault();
    ask(detail.question, () => detail.issueRequest(true));
  });
  document.body.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const close = target.closest("[data-close]");
    const open = close?.closest("dialog");
    if (open) open.close("no");
    // A click on the backdrop reaches the <dialog> element itself.
    if (target instanceof HTMLDialogElement && target.open) target.close("no");
  });
  document.body.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const question = form.dataset["confirm"];
    if (!question || form.dataset["confirmed"]) return;
    event.preventDefault();
    ask(question, () => {
      form.dataset["confirmed"] = "1";
      form.requestSubmit();
    });
  });
}
