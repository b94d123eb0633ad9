/** The frame of a report: one HTML page that holds all it shows, without a script, and loads nothing. */
import { escapeText } from "./text.ts";

/** What a page shows; texts may hold anything, they are escaped. */
interface HtmlPage {
  readonly title: string;
  readonly heading: string;
  /** One line below the heading. */
  readonly about: string;
  /** HTML. */
  readonly body: string;
}

/** Writes the page. */
export function htmlPage({ title, heading, about, body }: HtmlPage): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeText(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${escapeText(heading)}</h1>
<p class="files">${escapeText(about)}</p>
</header>
<main>
${body}
</main>
</body>
</html>
`;
}

/** A card of names and values, in the order given; they are escaped. */
export function namedValues(values: readonly (readonly [name: string, value: string])[]): string {
  const rows = values.map(([name, value]) =>
    `<tr><th scope="row">${escapeText(name)}</th><td>${escapeText(value)}</td></tr>`
  );
  return `<div class="card scroll"><table class="settings">${rows.join("\n")}</table></div>`;
}

/** The figures that are seen first: HTML of name, value and note, escaped by whoever made them. */
export function headlineFigures(
  figures: readonly (readonly [name: string, value: string, note: string])[],
): string {
  return `<dl class="figures">${
    figures.map(([name, value, note]) =>
      `<div class="card"><dt>${name}</dt><dd>${value} <small>${note}</small></dd></div>`
    ).join("")
  }</dl>`;
}

const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f6f7; --card: #fff; --text: #17212a; --quiet: #51606c; --line: #d5dde2; --edge: #7b8a95;
  --accent: #1c6690; --area: #1c669018; --mark: #a0317c; --good: #2c7a4b; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12181d; --card: #1b2329; --text: #e6ecf0; --quiet: #a3b1bb; --line: #2f3b44; --edge: #72828d;
    --accent: #7cc4ee; --area: #7cc4ee1f; --mark: #ee8fcf; --good: #58b57f; --bad: #ff8a80;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1.2rem clamp(0.8rem, 3vw, 2rem) 3rem; max-width: 76rem;
  background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 650; text-wrap: balance; }
h2 { margin: 2.4rem 0 0.6rem; font-size: 1.15rem; font-weight: 650; }
h3 { margin: 0 0 0.4rem; font-size: 1rem; font-weight: 600; }
p { margin: 0 0 0.8rem; max-width: 46rem; }
.quiet, figcaption, dt, th { color: var(--quiet); }
.files { margin: 0.3rem 0 0; color: var(--quiet); overflow-wrap: anywhere; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 0.8rem; margin: 1.4rem 0 0; padding: 0; }
.figures > div { display: flex; flex-direction: column; }
.figures dt { font-size: 0.9rem; }
.figures dd { margin: 0; font-size: 1.7rem; line-height: 1.25; font-weight: 600; }
.figures dd small { font-size: 0.85rem; font-weight: 400; color: var(--quiet); display: block; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 21rem), 1fr)); gap: 0.8rem; }
figure { margin: 0; }
.chart { display: block; width: 100%; max-width: 34rem; height: auto; }
.chart text { fill: var(--quiet); font-size: 12px; }
.grid { stroke: var(--line); fill: none; }
.chance { stroke: var(--edge); stroke-dasharray: 5 4; fill: none; }
.curve { stroke: var(--accent); stroke-width: 2.2; fill: none; stroke-linejoin: round; }
.area { fill: var(--area); }
.bar { fill: var(--accent); }
.dots { stroke: var(--accent); stroke-width: 4; stroke-linecap: round; fill: none; }
pre { margin: 0; font-size: 0.83rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
.mark { fill: var(--mark); stroke: var(--card); stroke-width: 1.5; }
.mark.square { fill: var(--card); stroke: var(--mark); stroke-width: 2.5; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 0.2rem 1.1rem; margin: 0.5rem 0 0; padding: 0; font-size: 0.9rem; }
.legend li { display: flex; align-items: center; gap: 0.4rem; }
.legend svg { flex: none; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { font-weight: 500; text-align: left; }
th[scope=row] { white-space: nowrap; }
th, td { padding: 0.4rem 0.9rem 0.4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > * { border-bottom: 0; }
td.n, th.n { text-align: right; white-space: nowrap; }
.settings th { width: 1%; }
.settings td { overflow-wrap: anywhere; }
.tally { display: flex; height: 1.1rem; border-radius: 5px; overflow: hidden; gap: 2px; margin: 0 0 1rem; }
.tally span { min-width: 3px; }
.detected { background: var(--good); } .missed { background: var(--edge); } .invented { background: var(--bad); }
.key { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 3px; margin-right: 0.5rem; vertical-align: -0.05rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); gap: 0.8rem; margin: 0; padding: 0; list-style: none; }
.pictures.double { grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); }
.pictures .card { padding: 0.6rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: 0.4rem; }
.pair svg { display: block; width: 100%; height: auto; border-radius: 5px; background: #000; }
.pair image { image-rendering: pixelated; }
.pair path { fill: none; vector-effect: non-scaling-stroke; }
.under { stroke: #000a; stroke-width: 4.5; stroke-linecap: square; }
.truth { stroke: #35c9ff; stroke-width: 3; stroke-linecap: square; }
.found { stroke: #ffab2e; stroke-width: 1.6; stroke-linecap: square; }
.ignored { stroke: #fff; stroke-width: 1; stroke-dasharray: 1 3; }
.centre { stroke: #fff; stroke-width: 2; }
.line { width: 34px; height: 12px; background: #555; border-radius: 3px; }
.line path { fill: none; }
figcaption { margin-top: 0.5rem; font-size: 0.9rem; }
figcaption b { color: var(--text); font-weight: 600; }
@media screen and (min-width: 60rem) {
  .charts.four { grid-template-columns: 1fr 1fr; }
  .charts.four svg { display: block; max-width: 25rem; margin: 0 auto; }
}
@media (max-width: 30rem) {
  .pictures:not(.double) { grid-template-columns: 1fr 1fr; }
  .figures { grid-template-columns: 1fr 1fr; }
  .figures dd { font-size: 1.4rem; }
  th, td { padding-right: 0.4rem; font-size: 0.83rem; }
  th:last-child, td:last-child { padding-right: 0; }
  .settings th, .settings td { display: block; padding-right: 0; }
  .settings th { border-bottom: 0; padding-bottom: 0; }
}
@media print {
  body { background: none; padding: 0; }
  .card { break-inside: avoid; }
}
`;
