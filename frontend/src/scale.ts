// One colour scale for map, legend and bars: five classes by quantile, indigo from light to dark.

export const RAMP = ["#dbe6f3", "#aecbe6", "#78a6d2", "#3f7cb8", "#1d4f8c"] as const;
export const EMPTY = "#eceff3";

export type Item = { code: string; name: string; value: number | null; shown: string; href?: string };
export type Figures = { label: string; unit: string; items: Item[] };

/** Upper bounds of the classes, rising, without repeats; empty where nothing has a value. */
export function breaks(items: Item[]): number[] {
  const values = items.flatMap((i) => (i.value === null ? [] : [i.value])).sort((a, b) => a - b);
  if (!values.length) return [];
  const bounds = RAMP.map((_, n) => values[Math.ceil(((n + 1) * values.length) / RAMP.length) - 1]!);
  return bounds.filter((bound, n) => n === 0 || bound > bounds[n - 1]!);
}

/** Colour of `value` among `bounds`. */
export function colour(value: number | null, bounds: number[]): string {
  if (value === null || !bounds.length) return EMPTY;
  const at = bounds.findIndex((bound) => value <= bound);
  const step = bounds.length === 1 ? 2 : Math.round((at * (RAMP.length - 1)) / (bounds.length - 1));
  return RAMP[Math.max(0, step)] ?? EMPTY;
}

/** White or ink, whichever reads on `fill`. */
export function ink(fill: string): string {
  return fill === RAMP[3] || fill === RAMP[4] ? "#ffffff" : "#1b2b3d";
}

/** 都安瑶族自治县 -> 都安县: the full name does not fit on a county of a small map. */
export function shortName(name: string): string {
  return name.replace(/(?:瑶族|毛南族|仫佬族|壮族|苗族|侗族|各族)+自治县$/, "县");
}
