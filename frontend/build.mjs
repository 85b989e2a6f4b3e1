// Builds src/ into src/bangfu/web/static/dist: app.js, app.css, lazy chunks for charts and maps,
// the map worker and the icon sprite. Called by `npm run build`; nothing is fetched at run time.
import { build } from "esbuild";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const target = path.resolve(here, "../src/bangfu/web/static/dist");
// Built aside and swapped in, so that a running site is never without its files for long.
const out = `${target}.${process.pid}.part`;

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: ["es2020", "chrome87", "firefox78"],
  legalComments: "linked",
  logLevel: "warning",
  loader: { ".svg": "dataurl", ".woff2": "file", ".woff": "file" },
};

/** One file with a <symbol> per icon, so that a page names an icon and downloads it once. */
async function sprite() {
  const files = (await readdir(path.join(here, "icons"))).filter((f) => f.endsWith(".svg")).sort();
  const symbols = [];
  for (const file of files) {
    const svg = await readFile(path.join(here, "icons", file), "utf8");
    const inner = svg.replace(/^[\s\S]*?<svg[\s\S]*?>/, "").replace(/<\/svg>\s*$/, "");
    const shapes = inner.replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*\/>/, "").trim();
    symbols.push(`<symbol id="${path.basename(file, ".svg")}" viewBox="0 0 24 24">${shapes}</symbol>`);
  }
  await writeFile(
    path.join(out, "icons.svg"),
    `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`,
  );
  return files.length;
}

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await build({
  ...common,
  entryPoints: { app: "src/app.ts" },
  outdir: out,
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  assetNames: "assets/[name]-[hash]",
});
await build({
  ...common,
  entryPoints: { "map-worker": "maplibre-gl/dist/maplibre-gl-worker.mjs" },
  outdir: out,
  format: "iife",
});
const icons = await sprite();
await rm(target, { recursive: true, force: true });
await rename(out, target);
console.log(`front end built: ${path.relative(process.cwd(), target)} (${icons} icons)`);
