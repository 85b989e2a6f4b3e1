// Entry of every page: the look, htmx, and the small behaviours. Charts and maps load only
// where a page has them. Everything here improves a page that already works without it.

import "@tabler/core/dist/css/tabler.min.css";
import "maplibre-gl/dist/maplibre-gl.css";
import "./style.css";
import "@tabler/core/dist/js/tabler.esm.min.js";
import htmx from "htmx.org";
import { setUpDialogs } from "./dialog";
import { setUpFind } from "./find";
import { setUpKeys, setUpList } from "./list";
import { setUpRegions } from "./region";
import { setUpScores } from "./score";
import { setUpToasts } from "./toast";
import { setUpUpload } from "./upload";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyCacheSize = 0; // pages hold personal data: nothing of them stays in storage
htmx.config.scrollIntoViewOnBoost = false;
// Refusals come as fragments with their own target (HX-Retarget), so 4xx and 5xx are swapped too.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "[45]..", swap: true, error: true },
];

async function setUpHeavy(root: ParentNode): Promise<void> {
  const maps = matching(root, "[data-map]");
  const charts = matching(root, "[data-chart]");
  if (maps.length) {
    const { drawMap } = await import("./map");
    maps.forEach((el) => void drawMap(el));
  }
  if (charts.length) {
    const { drawChart } = await import("./charts");
    charts.forEach(drawChart);
  }
}

function matching(root: ParentNode, selector: string): HTMLElement[] {
  const found = Array.from(root.querySelectorAll<HTMLElement>(selector));
  if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root);
  return found;
}

// On paper every rule and member is told in full, but not what was folded away as not applying.
window.addEventListener("beforeprint", () =>
  document
    .querySelectorAll<HTMLDetailsElement>(
      "section > details.rule:not([data-folded]), details[data-print-open]",
    )
    .forEach((el) => (el.open = true)),
);

setUpToasts();
setUpDialogs();
setUpFind();
setUpKeys();
htmx.onLoad((el) => {
  const root = el as HTMLElement;
  setUpList(root);
  setUpScores(root);
  setUpRegions(root);
  setUpUpload(root);
  void setUpHeavy(root);
});
