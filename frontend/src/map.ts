// County map coloured by a figure: <div data-map data-shapes=URL data-figures=URL [data-focus=CODE]
// [data-tiles=URL]>. MapLibre with a blank style (base tiles only where configured); where WebGL is
// missing, an ECharts map of the same shapes. Counties are links, so Tab and Enter work.

import type { Feature, FeatureCollection, Geometry, Position } from "geojson";
import type { Map as GLMap, StyleSpecification } from "maplibre-gl";
import { type Figures, type Item, breaks, colour, EMPTY, ink, shortName } from "./scale";
import { number, say } from "./words";

type County = { code: string; name: string; centre: [number, number] };
type Shapes = FeatureCollection<Geometry, County>;
type Box = [[number, number], [number, number]];

async function json<T>(url: string): Promise<T> {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as T;
}

function hasWebGL(): boolean {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}

function extent(features: Feature<Geometry>[]): Box {
  const box: Box = [[180, 90], [-180, -90]];
  const visit = (at: unknown): void => {
    const list = at as Position | unknown[];
    if (typeof list[0] !== "number") return (list as unknown[]).forEach(visit);
    const [x, y] = list as [number, number];
    box[0] = [Math.min(box[0][0], x), Math.min(box[0][1], y)];
    box[1] = [Math.max(box[1][0], x), Math.max(box[1][1], y)];
  };
  for (const { geometry } of features) if ("coordinates" in geometry) visit(geometry.coordinates);
  return box;
}

/** Where a county's label stands: the centroid of its largest ring (the county seat, which the
 * data gives as centre, often lies at the edge). */
function labelPoint({ geometry, properties }: Feature<Geometry, County>): [number, number] {
  const rings =
    geometry.type === "Polygon"
      ? [geometry.coordinates[0]]
      : geometry.type === "MultiPolygon"
        ? geometry.coordinates.map((polygon) => polygon[0])
        : [];
  let best: [number, number, number] = [0, ...properties.centre];
  for (const ring of rings) {
    let [area, x, y] = [0, 0, 0];
    ring?.forEach(([x0, y0], n) => {
      const [x1, y1] = ring[(n + 1) % ring.length] as [number, number];
      const cross = x0! * y1 - x1 * y0!;
      area += cross / 2;
      x += (x0! + x1) * cross;
      y += (y0! + y1) * cross;
    });
    if (Math.abs(area) > best[0]) best = [Math.abs(area), x / (6 * area), y / (6 * area)];
  }
  return [best[1], best[2]];
}

function legend(el: HTMLElement, figures: Figures, bounds: number[]): void {
  const box = document.createElement("div");
  box.className = "map-legend";
  const title = document.createElement("div");
  title.textContent = figures.unit ? `${figures.label}（${figures.unit}）` : figures.label;
  box.append(title);
  bounds.forEach((bound, n) => {
    const row = document.createElement("div");
    const swatch = document.createElement("i");
    swatch.style.background = colour(bound, bounds);
    row.append(swatch, `${n ? "" : "≤ "}${n ? `${number(bounds[n - 1]!)} – ` : ""}${number(bound)}`);
    box.append(row);
  });
  if (!bounds.length) box.append(say("无数据"));
  el.append(box);
}

function label(county: County, item: Item | undefined, fill: string): HTMLElement {
  const el = document.createElement(item?.href ? "a" : "span");
  el.className = "map-label";
  el.style.color = ink(fill);
  if (ink(fill) === "#ffffff") el.classList.add("on-dark");
  if (el instanceof HTMLAnchorElement && item?.href) el.href = item.href;
  const name = document.createElement("span");
  name.textContent = shortName(county.name);
  el.title = county.name;
  const value = document.createElement("b");
  value.textContent = item?.shown ?? "—";
  el.append(name, value);
  return el;
}

function style(tiles: string | undefined): StyleSpecification {
  return {
    version: 8,
    sources: tiles ? { base: { type: "raster", tiles: [tiles], tileSize: 256 } } : {},
    layers: tiles ? [{ id: "base", type: "raster", source: "base" }] : [],
  };
}

async function drawGL(el: HTMLElement, shapes: Shapes, figures: Figures): Promise<void> {
  const gl = await import("maplibre-gl");
  gl.setWorkerUrl(new URL("../map-worker.js", import.meta.url).href);
  const bounds = breaks(figures.items);
  const byCode = new Map(figures.items.map((item) => [item.code, item]));
  const focus = el.dataset["focus"] ?? "";
  const framed = shapes.features.filter((f) => !focus || f.properties.code === focus);
  const small = el.classList.contains("map-small");
  const map: GLMap = new gl.Map({
    container: el,
    style: style(el.dataset["tiles"]),
    bounds: extent(framed.length ? framed : shapes.features),
    // On a phone the legend would cover the south-west: leave it room below.
    fitBoundsOptions: {
      padding: el.clientWidth < 500 && !small ? { top: 12, left: 12, right: 12, bottom: 100 } : 18,
    },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    scrollZoom: false, // the wheel scrolls the page; buttons and pinch zoom the map
    renderWorldCopies: false,
    maxZoom: 12,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
  const painted: Shapes = {
    ...shapes,
    features: shapes.features.map((f) => ({
      ...f,
      properties: {
        ...f.properties,
        fill: colour(byCode.get(f.properties.code)?.value ?? null, bounds),
      } as County,
    })),
  };
  map.on("load", () => {
    const opacity = el.dataset["tiles"] ? 0.75 : 1;
    map.addSource("counties", { type: "geojson", data: painted, promoteId: "code" });
    map.addLayer({
      id: "fill", type: "fill", source: "counties",
      paint: { "fill-color": ["coalesce", ["get", "fill"], EMPTY], "fill-opacity": opacity },
    });
    map.addLayer({
      id: "edge", type: "line", source: "counties",
      paint: { "line-color": "#ffffff", "line-width": 1.5 },
    });
    map.addLayer({
      id: "over", type: "line", source: "counties",
      paint: {
        "line-color": "#8a4b12",
        "line-width": ["case", ["boolean", ["feature-state", "over"], false], 3, 0],
      },
    });
    el.dataset["ready"] = "gl";
  });
  for (const feature of shapes.features) {
    const { code } = feature.properties;
    if (focus && code !== focus) continue;
    const item = byCode.get(code);
    const mark = label(feature.properties, item, colour(item?.value ?? null, bounds));
    const over = (on: boolean): void => {
      if (map.getSource("counties")) map.setFeatureState({ source: "counties", id: code }, { over: on });
    };
    mark.addEventListener("focus", () => over(true));
    mark.addEventListener("blur", () => over(false));
    new gl.Marker({ element: mark }).setLngLat(labelPoint(feature)).addTo(map);
  }
  let last: string | number | undefined;
  const lift = (id?: string | number): void => {
    if (last !== undefined) map.setFeatureState({ source: "counties", id: last }, { over: false });
    if (id !== undefined) map.setFeatureState({ source: "counties", id }, { over: true });
    last = id;
  };
  map.on("mousemove", "fill", (event) => {
    const code = event.features?.[0]?.properties["code"] as string | undefined;
    map.getCanvas().style.cursor = code && byCode.get(code)?.href ? "pointer" : "";
    lift(code);
  });
  map.on("mouseleave", "fill", () => lift());
  map.on("click", "fill", (event) => {
    const code = event.features?.[0]?.properties["code"] as string | undefined;
    const href = code ? byCode.get(code)?.href : undefined;
    if (href) window.location.assign(href);
  });
  legend(el, figures, bounds);
}

/** Draw the map into `el`; on failure say so in it (the table beside it has the same figures). */
export async function drawMap(el: HTMLElement): Promise<void> {
  if (el.dataset["drawn"]) return;
  el.dataset["drawn"] = "1";
  try {
    const [shapes, figures] = await Promise.all([
      json<Shapes>(el.dataset["shapes"] ?? ""),
      json<Figures>(el.dataset["figures"] ?? ""),
    ]);
    if (el.dataset["renderer"] !== "flat" && hasWebGL()) {
      try {
        return await drawGL(el, shapes, figures);
      } catch (fault) {
        console.warn("WebGL map failed, drawing it flat", fault);
        el.replaceChildren();
      }
    }
    const { drawFlatMap } = await import("./charts");
    drawFlatMap(el, shapes, figures, el.dataset["focus"] ?? "");
    legend(el, figures, breaks(figures.items));
  } catch (fault) {
    console.error(fault);
    el.textContent = say("地图暂时无法显示，请看右侧表格。");
    el.dataset["ready"] = "failed";
  }
}
