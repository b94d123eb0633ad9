/** Histograms and maps of reports. */
import assert from "node:assert/strict";
import { histogramSvg, mapSvg } from "../../src/analysis/report/bar_chart.ts";

/** Left end and height of each bar. */
function barsOf(svg: string): [x: number, height: number][] {
  return Array.from(
    svg.matchAll(/<rect class="bar" x="([\d.]+)" y="[\d.]+" width="[\d.]+" height="([\d.]+)"/g),
    (found) => [
      Number(found[1]),
      Number(found[2]),
    ],
  );
}

Deno.test("histogramSvg() counts values into bars, and passes over what is no number", () => {
  const svg = histogramSvg({
    title: "a < b",
    values: Float64Array.of(0, 0, 0, 0, 30, 30, 15.5, NaN, Infinity),
  });
  const [first, middle, last, ...more] = barsOf(svg);
  assert(first && middle && last && more.length === 0);
  assert.deepEqual([middle[1] / first[1], last[1] / first[1]].map((share) => share.toFixed(2)), [
    "0.25",
    "0.50",
  ]);
  assert(first[0] < middle[0] && middle[0] < last[0]);
  assert.match(svg, />4<\/text>/);
  assert(svg.includes("a &lt; b") && !svg.includes("a < b"));
});

Deno.test("histogramSvg() makes bars equally wide in the logarithm, and one of equal values", () => {
  const xs = barsOf(
    histogramSvg({ title: "", values: Float64Array.of(1, 10, 100, 0, -5), isLogarithmic: true }),
  ).map(([x]) => x);
  const [a = 0, b = 0, c = 0] = xs;
  assert.equal(xs.length, 3);
  assert(Math.abs((c - a) / (b - a) - 2) < 0.1);
  assert.equal(barsOf(histogramSvg({ title: "", values: Float64Array.of(7, 7) })).length, 1);
  assert.equal(histogramSvg({ title: "", values: Float64Array.of(NaN) }), "");
});

Deno.test("mapSvg() shows at most some thousand places", () => {
  const xs = Float64Array.from({ length: 100_000 }, (_, i) => i % 500);
  const dots = mapSvg("", xs, xs, 500, 500).match(/h0/g)?.length ?? 0;
  assert(dots > 2000 && dots <= 4000, `${dots}`);
});
