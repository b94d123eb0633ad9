/**
 * Draws docs/images/cluster.svg: hours and thread hours of scoring 10,000 cubed voxels, by the number of nodes.
 *
 *     deno run --allow-read --allow-write=docs/images bench/cluster_figure.ts <ns a voxel read> <ns a voxel written>
 *
 * The two costs are those that `ccboost cluster plan` prints for the default settings on a quiet machine.
 */
import { parseChannelName } from "../src/channels/mod.ts";
import { type ClusterEstimate, estimateRun } from "../src/cluster/estimate.ts";
import { loadSettings } from "../src/config/settings.ts";
import type { Zyx } from "../src/volume/region.ts";

const SHAPE: Zyx = [10_000, 10_000, 10_000];
const NODES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const CPUS = 32;
const MEMORY = 57.6 * 2 ** 30;
const BANDWIDTH = 2 * 2 ** 30;

const CONFIG = `outFileName = "out"; savedStumpsPath = "stumps.cfg"; usedSavedStumpsPathOnlyForTesting = true;
test = ( { rawVolume = "volume.tif"; } );`;

const [read, write] = Deno.args.map((text) => Number(text) * 1e-9);
if (!read || !write) throw new Error("give the cost of a voxel read and of one written in nanoseconds");
const settings = await loadSettings("/plan.cfg", {
  isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
  files: { readText: () => CONFIG, exists: (path) => /(volume\.tif|stumps\.cfg)$/.test(path) },
});
const [volume] = settings.test;
if (volume === undefined) throw new Error("nothing is scored");
const estimates = NODES.map((nodes) =>
  estimateRun(settings, { score: { read, write } }, {
    scheduler: nodes > 1 ? "slurm" : "none",
    nodes,
    cpus: CPUS,
    memory: MEMORY,
    bandwidth: BANDWIDTH,
  }, {
    scored: [{ name: "0", shape: SHAPE, volume }],
    learned: [],
  })
);

const WIDTH = 720, HEIGHT = 400, LEFT = 70, RIGHT = 150, TOP = 30, BOTTOM = 50;
const LEAST = 0.1, MOST = 1000;
const x = (place: number) => LEFT + place / (NODES.length - 1) * (WIDTH - LEFT - RIGHT);
const y = (hours: number) =>
  TOP +
  (Math.log(MOST) - Math.log(Math.max(LEAST, hours))) / Math.log(MOST / LEAST) * (HEIGHT - TOP - BOTTOM);

const hoursOf = ({ stages }: ClusterEstimate, name: string) =>
  stages.reduce((sum, stage) => sum + (stage.stage.startsWith(name) ? stage.hours : 0), 0);
const lines = [
  { name: "score", colour: "#2563eb", hours: estimates.map((estimate) => hoursOf(estimate, "score")) },
  {
    name: "export, one machine",
    colour: "#b45309",
    hours: estimates.map((estimate) => hoursOf(estimate, "export")),
  },
  { name: "convert", colour: "#15803d", hours: estimates.map((estimate) => hoursOf(estimate, "convert")) },
  { name: "in all", colour: "#7c3aed", hours: estimates.map(({ hours }) => hours) },
];

const parts: string[] = [];
const text = (at: readonly [number, number], words: string, more = "") =>
  parts.push(`<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}"${more}>${words}</text>`);
for (let hours = LEAST; hours <= MOST * 1.01; hours *= 10) {
  const at = y(hours).toFixed(1);
  parts.push(`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}" stroke="#d4d4d8"/>`);
  text([LEFT - 8, y(hours) + 4], `${Number(hours.toPrecision(1))} h`, ' text-anchor="end"');
}
for (const [place, nodes] of NODES.entries()) {
  text([x(place), HEIGHT - BOTTOM + 20], `${nodes}`, ' text-anchor="middle"');
}
text([(LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8], `nodes of ${CPUS} threads`, ' text-anchor="middle"');
const labels = lines.map(({ name, colour, hours }) => ({ name, colour, at: y(hours.at(-1) ?? LEAST) }));
for (const { colour, hours } of lines) {
  const points = hours.map((value, place) => `${x(place).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  parts.push(`<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`);
}
let last = -Infinity;
for (const { name, colour, at } of labels.sort((a, b) => a.at - b.at)) {
  last = Math.max(at, last + 16);
  text([WIDTH - RIGHT + 8, last + 4], name, ` fill="${colour}"`);
}
const svg =
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#52525b">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
await Deno.writeTextFile(new URL("../docs/images/cluster.svg", import.meta.url), svg);
for (const [place, estimate] of estimates.entries()) {
  const hours = [estimate.hours, ...lines.slice(0, 3).map((line) => line.hours[place] ?? 0)];
  const row = `${NODES[place]} nodes: ${
    hours.map((value) => value.toFixed(2)).join(" ")
  } h, ${estimate.bottleneck}\n`;
  await Deno.stdout.write(new TextEncoder().encode(row));
}
