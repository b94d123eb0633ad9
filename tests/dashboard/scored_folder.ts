/** Work folders of runs that have scored a volume, made without a run: what the tables of the page are about. */
import { writeStumpFile } from "../../src/boosting/mod.ts";
import { formatSettings, loadSettings } from "../../src/config/settings.ts";
import { packDirection } from "../../src/orientation/direction.ts";
import { inputArrayName } from "../../src/stages/inputs.ts";
import { keptDirections } from "../../src/stages/synapses/kept.ts";
import { synapseFiles, writeSynapses } from "../../src/stages/synapses/write_synapses.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, openZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { appendLines } from "./folder.ts";

/** Median size of the synapses that the model learned from, voxels. */
export const LABELLED = 400;

/** What was scored. */
export interface Scored {
  readonly shape: Zyx;
  readonly raw: Uint8Array;
  readonly scores: Float32Array;
  readonly threshold: number;
  /** Of each voxel, `[x, y, z]`. */
  readonly directionAt: (voxel: number) => readonly [number, number, number];
}

/** Hills of scores over noise, each with its direction; grey values rise the way they point. */
export function hills(shape: Zyx, count: number): Scored {
  const [, height, width] = shape;
  let state = 12345;
  const next = () => (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
  const voxels = voxelCount(shape);
  const places = Array.from({ length: count }, () => ({
    at: shape.map((n) => next() * n) as unknown as Zyx,
    up: unit(next() - 0.5, next() - 0.5, (next() - 0.5) / 2),
    radius: 2 + 3 * next(),
  }));
  const scores = Float32Array.from({ length: voxels }, () => -1 + next() * 1.5);
  const nearest = new Uint16Array(voxels), raw = new Uint8Array(voxels).fill(128);
  for (let i = 0; i < voxels; i++) {
    const [z, y, x] = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    for (const [number, { at, up, radius }] of places.entries()) {
      const [dz, dy, dx] = [z - at[0], y - at[1], x - at[2]], away = Math.hypot(dz, dy, dx);
      if (away > 12) continue;
      raw[i] = 128 + 10 * (dx * up[0] + dy * up[1] + dz * up[2]);
      nearest[i] = number;
      if (away < radius + 2) scores[i] = Math.max(scores[i] ?? 0, radius + 2 - away + next() / 2);
    }
  }
  return {
    shape,
    raw,
    scores,
    threshold: 1.23456789,
    directionAt: (voxel) => places[nearest[voxel] ?? 0]?.up ?? [0, 0, 1],
  };
}

function unit(x: number, y: number, z: number): readonly [number, number, number] {
  const length = Math.hypot(x, y, z);
  return [x / length, y / length, z / length];
}

/** Writes `job-work` with its scores, and the run's own table beside it. */
export async function writeScoredFolder(
  root: string,
  { shape, raw, scores, threshold, directionAt }: Scored,
) {
  const work = `${root}/job-work`;
  await Deno.mkdir(`${work}/volumes`, { recursive: true });
  await Deno.writeTextFile(`${root}/test.tif`, "");
  await writeStumpFile(`${root}/m.cfg`, {
    stumps: [{ pose: 0, column: 0, threshold: 1, invert: false, alpha: 4 }],
    platt: { A: -2, B: 0 },
    join: "nearest",
    threshold,
    labelledVoxels: LABELLED,
  }, 1);
  await Deno.writeTextFile(
    `${root}/job.cfg`,
    `outFileName = "job"; savedStumpsPath = "m.cfg"; usedSavedStumpsPathOnlyForTesting = true;
     test = ( { rawVolume = "test.tif"; } );`,
  );
  const settings = await loadSettings(`${root}/job.cfg`, { isKnownChannel: () => true });
  const [test] = settings.test;
  if (test === undefined) throw new Error("the settings have no test volume");
  const name = await inputArrayName(test.rawVolume, "raw", test);
  const array = async <D extends "uint8" | "uint32" | "float32">(path: string, dtype: D, attributes = {}) =>
    await createZarr(`${work}/${path}`, { shape, chunk: [8, 32, 32], dtype, attributes });
  await writeRegion(await array(`volumes/${name}`, "uint8"), wholeRegion(shape), raw);
  const attributes = { threshold, anisotropy: 1, direction: "0-direction.zarr", fingerprint: "made-up" };
  const max = await array("scores/0-max.zarr", "float32", attributes);
  await writeRegion(max, wholeRegion(shape), scores);
  const packed = Uint32Array.from(scores, (_, voxel) => packDirection(...directionAt(voxel)));
  await writeRegion(await array("scores/0-direction.zarr", "uint32"), wholeRegion(shape), packed);
  await appendLines(`${work}/journal.jsonl`, [
    {
      event: "run-started",
      command: "ccboost run job.cfg",
      version: "0.1.0",
      settings: formatSettings(settings),
      time: new Date().toISOString(),
    },
    { event: "run-done" },
  ]);
  await listIn(work, `${root}/job-0`, threshold, 100);
  return { root, work };
}

/** Lists the synapses of a work folder as the command `synapses` does. @returns the CSV's path */
export async function listIn(
  work: string,
  prefix: string,
  threshold: number,
  minSize: number,
): Promise<string> {
  const scores = await openZarr(`${work}/scores/0-max.zarr`);
  const { csv, json, labels } = synapseFiles(prefix);
  await writeSynapses(scores, {
    name: scores.path,
    files: { csv, json, labels },
    threshold,
    minSize,
    anisotropy: 1,
    directions: await keptDirections(scores),
  });
  return csv;
}
