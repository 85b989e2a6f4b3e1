// Region cascader: county, township, village. Each <select> fills the next from the server; the
// hidden input carries the deepest code chosen, so the form sends one `region`.

type Division = { code: string; name: string };

async function fill(select: HTMLSelectElement, source: string, parent: string): Promise<void> {
  const blank = select.options[0];
  select.replaceChildren(...(blank ? [blank] : []));
  select.disabled = !parent;
  if (!parent) return;
  const answer = await fetch(`${source}?parent=${encodeURIComponent(parent)}`, {
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) return;
  const { items } = (await answer.json()) as { items: Division[] };
  for (const { code, name } of items) select.add(new Option(name, code));
}

/** Wire the cascaders inside `root`. */
export function setUpRegions(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-region]").forEach((box) => {
    const source = box.dataset["region"] ?? "";
    const floor = box.dataset["floor"] ?? "";
    const hidden = box.querySelector<HTMLInputElement>("input[type=hidden]");
    const selects = Array.from(box.querySelectorAll("select"));
    selects.forEach((select, at) =>
      select.addEventListener("change", (event) => {
        event.stopPropagation();
        const upper = at > 0 ? (selects[at - 1]?.value ?? "") : floor;
        if (hidden) {
          hidden.value = select.value || (at > 0 ? upper : "");
          hidden.dispatchEvent(new Event("change", { bubbles: true }));
        }
        selects.slice(at + 1).forEach((below, n) => {
          below.value = "";
          void fill(below, source, n === 0 ? select.value : "");
        });
      }),
    );
  });
}
