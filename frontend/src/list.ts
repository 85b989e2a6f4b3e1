// Lists: rows open with a click or Enter, j and k move, / searches, ? shows the keys;
// filters live in the URL, and empty ones are left out of it.

function rows(): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>("tr[data-href]"));
}

function open(row: HTMLElement, aside: boolean): void {
  const href = row.dataset["href"];
  if (!href) return;
  if (aside) window.open(href, "_blank", "noopener");
  else window.location.assign(href);
}

function move(step: number): void {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step;
  all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}

/** Keys that work on every page. */
export function setUpKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "/") {
      const search = document.querySelector<HTMLInputElement>("[data-search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") {
      (document.getElementById("keys") as HTMLDialogElement | null)?.showModal();
    } else if (event.key === "Enter" && event.target instanceof HTMLElement) {
      if (event.target.matches("tr[data-href]")) open(event.target, false);
    }
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    const row = target.closest<HTMLElement>("tr[data-href]");
    if (!row || target.closest("a, button, input, label, select")) return;
    if (window.getSelection()?.toString()) return; // the person is copying, not opening
    open(row, event.ctrlKey || event.metaKey);
  });
  document.addEventListener("change", (event) => {
    const target = event.target as HTMLElement;
    if (target.matches("select[data-submit]")) (target as HTMLSelectElement).form?.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const target = event.target as HTMLElement;
    if (target.closest("[data-print]")) window.print();
    const menu = target.closest<HTMLElement>("[data-menu]");
    if (menu) {
      const open = document.getElementById("side")?.classList.toggle("is-open") ?? false;
      menu.setAttribute("aria-expanded", String(open));
    }
  });
  document.body.addEventListener("htmx:configRequest", (event) => {
    const { elt, formData } = (event as CustomEvent<{ elt: HTMLElement; formData: FormData }>).detail;
    if (!elt.closest("form[data-filters]")) return;
    for (const [name, value] of Array.from(formData.entries())) {
      if (value === "") formData.delete(name);
    }
  });
}

/** Wire the filter bars and column choosers inside `root`. */
export function setUpList(root: ParentNode): void {
  root.querySelectorAll<HTMLFormElement>("form[data-filters]").forEach((form) => {
    form.addEventListener("submit", () => {
      const fields = form.querySelectorAll<HTMLInputElement>("input[name], select[name]");
      fields.forEach((field) => (field.disabled = field.value === ""));
      setTimeout(() => fields.forEach((field) => (field.disabled = false)));
    });
  });
  root.querySelectorAll<HTMLElement>("[data-columns]").forEach((box) => {
    box.querySelector("[data-columns-all]")?.addEventListener("click", () => check(box, () => true));
    box
      .querySelector("[data-columns-usual]")
      ?.addEventListener("click", () => check(box, (el) => el.dataset["usual"] !== undefined));
  });
}

function check(box: HTMLElement, wanted: (el: HTMLInputElement) => boolean): void {
  box.querySelectorAll<HTMLInputElement>("input[type=checkbox]").forEach((el) => {
    if (!el.disabled) el.checked = wanted(el);
  });
}
