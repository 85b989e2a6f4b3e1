// A search box over many fields of a form: only those whose label has the words stay in sight.
// What was typed into the others stays in the form and is sent with it.

function narrow(box: HTMLInputElement): void {
  const container = document.querySelector(box.dataset["find"] ?? "");
  const words = box.value.trim().toLowerCase();
  for (const group of Array.from(container?.querySelectorAll("fieldset") ?? [])) {
    let some = false;
    for (const label of Array.from(group.querySelectorAll("label"))) {
      const shown = (label.textContent ?? "").toLowerCase().includes(words);
      label.parentElement?.toggleAttribute("hidden", !shown);
      some ||= shown;
    }
    group.toggleAttribute("hidden", !some);
  }
}

/** Wire every `data-find="#container"`; they come with dialogs too. */
export function setUpFind(): void {
  document.body.addEventListener("input", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.dataset["find"]) narrow(box);
  });
  document.body.addEventListener("keydown", (event) => {
    // Enter in the search box must not send the form.
    if (event.key === "Enter" && (event.target as HTMLElement).dataset["find"])
      event.preventDefault();
  });
}
