// Charts from a small description: <div data-chart='{"type":"bar","labels":[…],"series":[{name,
// data}],"hrefs":[…]}'>. Also the flat map. Only the parts of ECharts that are used are bundled.

import { BarChart, LineChart, MapChart, PieChart } from "echarts/charts";
import {
  AriaComponent,
  GeoComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
} from "echarts/components";
import * as echarts from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { FeatureCollection, Geometry } from "geojson";
import { type Figures, breaks, colour, ink, shortName } from "./scale";
import { number, say } from "./words";

echarts.use([
  BarChart, LineChart, PieChart, MapChart,
  AriaComponent, GridComponent, GeoComponent, LegendComponent, TooltipComponent, SVGRenderer,
]);

type Series = { name: string; data: (number | null)[]; colour?: string };
type Chart = {
  type: "bar" | "line" | "pie";
  labels: string[];
  series: Series[];
  hrefs?: (string | null)[];
  unit?: string;
  stacked?: boolean;
  horizontal?: boolean;
};

const PALETTE = ["#1d4f8c", "#3f7cb8", "#2f7d6b", "#b7791f", "#a8442f", "#6b5b95", "#5c6b7a"];
const FONT = { fontFamily: "inherit", color: "#33475b", fontSize: 13 };

function mount(el: HTMLElement): echarts.ECharts {
  const chart = echarts.init(el, null, { renderer: "svg" });
  new ResizeObserver(() => chart.resize()).observe(el);
  return chart;
}

function pie({ labels, series }: Chart): object {
  return {
    series: [{
      type: "pie",
      radius: ["52%", "78%"],
      label: { formatter: "{b} {d}%", ...FONT },
      data: labels.map((name, n) => ({ name, value: series[0]?.data[n] ?? 0 })),
    }],
  };
}

function axes({ type, labels, series, horizontal, stacked }: Chart): object {
  const names = { type: "category", data: labels, axisLabel: FONT, inverse: horizontal ?? false };
  const values = { type: "value", axisLabel: { ...FONT, formatter: number } };
  return {
    grid: { left: 16, right: 24, top: series.length > 1 ? 36 : 16, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: series.length > 1 ? { top: 0, textStyle: FONT } : { show: false },
    xAxis: horizontal ? values : names,
    yAxis: horizontal ? names : values,
    series: series.map(({ name, data, colour: fixed }) => ({
      name, data, type,
      stack: stacked ? "all" : null,
      barMaxWidth: 22,
      itemStyle: fixed ? { color: fixed } : {},
    })),
  };
}

/** Draw the chart described in `el`'s data-chart; a click on a bar or slice follows its link. */
export function drawChart(el: HTMLElement): void {
  if (el.dataset["drawn"]) return;
  el.dataset["drawn"] = "1";
  const spec = JSON.parse(el.dataset["chart"] ?? "{}") as Chart;
  const chart = mount(el);
  chart.setOption({
    color: PALETTE,
    textStyle: FONT,
    animationDuration: 300,
    aria: { enabled: true },
    tooltip: {
      trigger: spec.type === "pie" ? "item" : "axis",
      valueFormatter: (v: unknown) =>
        v === null || v === undefined ? "—" : `${number(Number(v))} ${spec.unit ?? ""}`,
    },
    ...(spec.type === "pie" ? pie(spec) : axes(spec)),
  });
  chart.on("click", ({ dataIndex }) => {
    const href = spec.hrefs?.[dataIndex ?? -1];
    if (href) window.location.assign(href);
  });
  el.dataset["ready"] = "1";
}

/** The map without WebGL: same shapes, colours, labels and links. */
export function drawFlatMap(
  el: HTMLElement,
  shapes: FeatureCollection<Geometry, { code: string; name: string }>,
  figures: Figures,
  focus: string,
): void {
  const kept = { ...shapes, features: shapes.features.filter((f) => !focus || f.properties.code === focus) };
  const name = `counties-${focus || "all"}`;
  echarts.registerMap(name, kept as never);
  const bounds = breaks(figures.items);
  const byName = new Map(figures.items.map((item) => [item.name, item]));
  const chart = mount(el);
  chart.setOption({
    textStyle: FONT,
    aria: { enabled: true },
    tooltip: {
      formatter: ({ name: county }: { name: string }) =>
        `${county}<br><b>${byName.get(county)?.shown ?? say("无数据")}</b>`,
    },
    series: [{
      type: "map",
      map: name,
      nameProperty: "name",
      roam: false,
      selectedMode: false,
      itemStyle: { borderColor: "#ffffff", borderWidth: 1.5 },
      emphasis: { label: { show: true }, itemStyle: { areaColor: null, borderColor: "#8a4b12", borderWidth: 2 } },
      label: { show: true, ...FONT },
      data: kept.features.map(({ properties }) => {
        const item = byName.get(properties.name);
        const fill = colour(item?.value ?? null, bounds);
        return {
          name: properties.name,
          value: item?.value ?? null,
          itemStyle: { areaColor: fill },
          label: { color: ink(fill), formatter: `${shortName(properties.name)}\n${item?.shown ?? "—"}` },
        };
      }),
    }],
  });
  chart.on("click", ({ name: county }) => {
    const href = byName.get(county)?.href;
    if (href) window.location.assign(href);
  });
  el.dataset["ready"] = "flat";
}
