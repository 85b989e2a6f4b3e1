// A scoring table: adds up what is ticked while it is being filled in. The server reckons the
// total that is kept; this only saves the person a sheet of paper. Counts in hundredths, exactly.

/** Wire the scoring tables inside `root`. */
export function setUpScores(root: ParentNode): void {
  root.querySelectorAll<HTMLElement>("[data-score]").forEach((table) => {
    const total = table.querySelector<HTMLElement>("[data-score-total]");
    const count = table.querySelector<HTMLElement>("[data-score-count]");
    const add = (): void => {
      const ticked = Array.from(table.querySelectorAll<HTMLInputElement>("input[type=radio]:checked"));
      const points = ticked.map((el) => el.dataset["points"]);
      const known = points.filter((p): p is string => p !== undefined);
      const sum = known.reduce((all, p) => all + Math.round(Number(p) * 100), 0);
      if (count) count.textContent = String(ticked.length);
      if (total) total.textContent = known.length && known.length === ticked.length ? String(sum / 100) : "—";
    };
    table.addEventListener("change", add);
    add();
  });
}
