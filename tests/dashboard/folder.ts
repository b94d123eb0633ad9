/** A small work folder as a run leaves it, made without a run. */
import { formatSettings, loadSettings } from "../../src/config/settings.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { inputArrayName } from "../../src/stages/inputs.ts";
import { createApp } from "../../src/dashboard/server/app.ts";
import type { GuardOptions } from "../../src/dashboard/server/guard.ts";
import { watchRun } from "../../src/dashboard/server/watch.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

export const SHAPE: Zyx = [20, 30, 40];

/** Intensity of a voxel. */
export function valueAt(z: number, y: number, x: number): number {
  return (z * 7 + y * 3 + x) % 256;
}

/** Host that the server of the tests answers for. */
export const HOST = "127.0.0.1:8080";

export interface TestFolder {
  readonly root: string;
  readonly work: string;
  readonly page: string;
  readonly rawPath: string;
}

const CONFIG = `outFileName = "job"; numStumps = 3;
train = { rawVolume = "train.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 2.0;
  ccPolarity = ({ pos = [5, 5, 5]; polarity = [1, 0, 0]; }); };
test = ( { rawVolume = "train.tif"; } );
`;

/** Runs a test with a folder that holds `job-work`, results beside it, and a built page. */
export async function withTestFolder(test: (folder: TestFolder) => Promise<void>): Promise<void> {
  await inTempFolder(async (folder) => await test(await writeTestFolder(await Deno.realPath(folder))));
}

export async function writeTestFolder(root: string): Promise<TestFolder> {
  const [work, page] = [`${root}/job-work`, `${root}/page`];
  await Deno.mkdir(`${work}/volumes`, { recursive: true });
  await Deno.mkdir(`${work}/ground-truth`);
  await Deno.mkdir(page);
  await Deno.writeTextFile(`${page}/index.html`, "<!doctype html><title>ccboost</title>");
  await Deno.writeTextFile(`${root}/secret.txt`, "secret");
  await Deno.writeTextFile(`${root}/job-stumps.cfg`, "model");
  await Deno.writeTextFile(`${root}/job-passwords.txt`, "secret");
  for (const name of ["train.tif", "labels.tif"]) await Deno.writeTextFile(`${root}/${name}`, "");
  await Deno.writeTextFile(`${root}/job.cfg`, CONFIG);
  const settings = await loadSettings(`${root}/job.cfg`, { isKnownChannel: () => true });
  const rawPath = `volumes/${await inputArrayName(`${root}/train.tif`, "raw")}`;
  const raw = await createZarr(`${work}/${rawPath}`, { shape: SHAPE, chunk: [8, 16, 16], dtype: "uint8" });
  const [nz, ny, nx] = SHAPE;
  const whole = { start: [0, 0, 0], shape: SHAPE } as const;
  const voxels = Uint8Array.from(
    { length: nz * ny * nx },
    (_, i) => valueAt(Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx),
  );
  await writeRegion(raw, whole, voxels);
  const components = await createZarr(`${work}/ground-truth/components.zarr`, {
    shape: SHAPE,
    chunk: [8, 16, 16],
    dtype: "uint32",
  });
  const numbers = new Uint32Array(voxels.length);
  const list = [[5, 5, 5], [12, 12, 12], [14, 25, 30]].map(([z = 0, y = 0, x = 0], i) => {
    numbers[(z * ny + y) * nx + x] = i + 1;
    return {
      id: i + 1,
      voxels: 1,
      first: [z, y, x],
      box: { start: [z, y, x], shape: [1, 1, 1] },
      position: [z, y, x],
    };
  });
  await writeRegion(components, whole, numbers);
  const result = { made: [], value: { components: list, dropped: 0 } };
  const at = Date.now() - 5000;
  await appendLines(`${work}/journal.jsonl`, [
    {
      event: "run-started",
      command: "ccboost run job.cfg",
      version: "0.1.0",
      settings: formatSettings(settings),
      time: new Date(at).toISOString(),
    },
    { event: "something-new", what: 1 },
    { event: "stage-done", stage: "components", fingerprint: "c", seconds: 1, result },
    block(0),
  ]);
  const grid = { shape: SHAPE, block: [8, 30, 40] };
  await appendLines(`${work}/telemetry.jsonl`, [
    { kind: "begin", at, memory: 2 ** 30, workers: 2 },
    { kind: "stage", at, title: "components", total: 24000, unit: "voxels", done: 0 },
    { kind: "stage-end", at: at + 1000, title: "components", summary: "3 of at least 10 voxels" },
    { kind: "grid", at: at + 1000, stage: "samples", title: "samples", fingerprint: "s", ...grid },
    { kind: "stage", at: at + 1000, title: "samples", total: 24000, unit: "voxels", done: 0 },
    { kind: "block-begun", at: at + 1000, stage: "samples", start: [0, 0, 0] },
    { kind: "block-begun", at: at + 1000, stage: "samples", start: [8, 0, 0] },
    { kind: "progress", at: at + 2000, title: "samples", done: 9600 },
    { kind: "something-new", at: at + 2000 },
    { kind: "usage", at: at + 2000, rss: 1e8, cpu: 1.5 },
    { kind: "rounds", at: at + 3000, rounds: [[1, 0.2, 0.7, 0.1], [2, 0.3, 0.4, 0.05]] },
    { kind: "say", at: at + 3000, level: "warning", text: "look here" },
  ]);
  return { root, work, page, rawPath };
}

/**
 * Lets the run of the folder have a second training volume, `second.tif`, with two synapses; where nothing is counted yet, with none.
 * @returns the path of the volume's copy in the work folder
 */
export async function addTrainingVolume(
  { root, work }: TestFolder,
  isCounted = true,
  ccPolarity = "{ pos = [3, 3, 3]; polarity = [0, 1, 0]; }",
): Promise<string> {
  for (const name of ["second.tif", "second-labels.tif"]) await Deno.writeTextFile(`${root}/${name}`, "");
  const settings = await loadSettings(`${root}/job.cfg`, {
    isKnownChannel: () => true,
    overrides: [
      "train[1].rawVolume=second.tif",
      "train[1].groundTruth=second-labels.tif",
      `train[1].ccPolarity=(${ccPolarity})`,
    ],
  });
  const rawPath = `volumes/${await inputArrayName(`${root}/second.tif`, "raw")}`;
  const chunk: Zyx = [8, 16, 16];
  await createZarr(`${work}/${rawPath}`, { shape: SHAPE, chunk, dtype: "uint8" });
  const started = {
    event: "run-started",
    command: "ccboost run job.cfg",
    version: "0.1.0",
    settings: formatSettings(settings),
    time: new Date(Date.now() - 4000).toISOString(),
  };
  await appendLines(`${work}/journal.jsonl`, [started]);
  if (!isCounted) return rawPath;
  await Deno.mkdir(`${work}/ground-truth-1`);
  const path = `${work}/ground-truth-1/components.zarr`;
  const components = await createZarr(path, { shape: SHAPE, chunk, dtype: "uint32" });
  const places = [[3, 3, 3], [12, 12, 12]] as const;
  const numbers = new Uint32Array(SHAPE.reduce((product, n) => product * n));
  for (const [i, [z, y, x]] of places.entries()) numbers[(z * SHAPE[1] + y) * SHAPE[2] + x] = i + 1;
  await writeRegion(components, { start: [0, 0, 0], shape: SHAPE }, numbers);
  const list = places.map((at, i) => ({
    id: i + 1,
    voxels: 1,
    first: at,
    box: { start: at, shape: [1, 1, 1] },
    position: at,
  }));
  await appendLines(`${work}/journal.jsonl`, [{
    event: "stage-done",
    stage: "components-1",
    fingerprint: "d",
    seconds: 1,
    result: { made: [], value: { components: list, dropped: 0 } },
  }]);
  return rawPath;
}

/** The line of a finished block of 8 slices from `z` on. */
export function block(z: number) {
  return {
    event: "block-done",
    stage: "samples",
    fingerprint: "s",
    write: { start: [z, 0, 0], shape: [Math.min(8, SHAPE[0] - z), 30, 40] },
    seconds: 1,
  };
}

/** Appends JSON lines. */
export async function appendLines(path: string, lines: readonly unknown[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  await Deno.writeTextFile(path, text, { append: true });
}

/** The routes over this folder, as for a browser on this machine. */
export function appOf({ work, page }: TestFolder, options: Partial<GuardOptions> = {}) {
  return createApp({
    watch: watchRun(work),
    pageFolder: page,
    hosts: [HOST],
    token: "",
    viewers: [],
    ...options,
  });
}

/** Asks the routes over this folder, without a network, as a browser on this machine would. */
export function askerOf(folder: TestFolder, options: Partial<GuardOptions> = {}) {
  const app = appOf(folder, options);
  return (path: string, init: RequestInit & { readonly headers?: Record<string, string> } = {}) => {
    const headers = { host: HOST, ...init.headers };
    // Not a URL, which would resolve dots before the server sees them.
    return Promise.resolve(app.request(`http://${HOST}${path}`, { ...init, headers }));
  };
}
