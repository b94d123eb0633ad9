/** Context features of samples, kept from training to training: only those of new samples are computed. */
import { join } from "node:path";
import { type FeatureList, featureSlots, openFeatureFile } from "../block/feature_file.ts";
import { featureContext } from "../block/reach.ts";
import type { RunContext } from "../run/run_context.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { RunVolume } from "../stages/inputs.ts";
import type { BinFile } from "../stages/stage_jobs.ts";
import { type GatheredFeatures, gatherFeatures } from "../stages/training/gather.ts";
import { pickSamples, type SampleTable } from "../stages/training/sample_table.ts";
import type { Region, Zyx } from "../volume/region.ts";
import { workingRegions } from "./regions.ts";

/** Of one stack and one list of features. */
export interface KnownFeatures {
  /** The features of samples, as `gatherFeatures` has them. */
  gather(
    context: RunContext,
    volume: RunVolume,
    samples: SampleTable,
    list: FeatureList & { readonly kind: "pool" },
  ): Promise<GatheredFeatures>;
}

/** Where the features of a sample are. */
interface Row {
  readonly path: string;
  readonly row: number;
}

/** Begins without any. @param folder receives files; what is in it is removed */
export async function createKnownFeatures(folder: string): Promise<KnownFeatures> {
  await removeFolder(folder);
  await Deno.mkdir(folder, { recursive: true });
  let rows = new Map<string, Row>();
  const lengths = new Map<string, number>();
  let made = 0;
  /** Takes over files of features. @param keyOf the name of the sample that a file calls by this number */
  const keep = async (files: readonly BinFile[], slots: number, keyOf: (index: number) => string) => {
    for (const { path: from } of files) {
      const path = join(folder, `${made++}.features`);
      await Deno.rename(from, path);
      const indices = indicesOf(path, slots);
      lengths.set(path, indices.length);
      for (const [row, index] of indices.entries()) rows.set(keyOf(index), { path, row });
    }
  };
  /** The files with these samples, and which of them each row is. All other rows are forgotten. */
  const filesWith = async (keys: readonly string[]): Promise<BinFile[]> => {
    const places = new Map<string, Int32Array>();
    const used = new Map<string, Row>();
    for (const [i, key] of keys.entries()) {
      const row = rows.get(key);
      if (!row || used.has(key)) {
        throw new Error(`the features of sample ${i} are ${row ? "twice" : "not"} there`);
      }
      const known = places.get(row.path) ?? new Int32Array(lengths.get(row.path) ?? 0).fill(-1);
      places.set(row.path, known);
      known[row.row] = i;
      used.set(key, row);
    }
    for (const path of lengths.keys()) {
      if (places.has(path)) continue;
      await Deno.remove(path);
      lengths.delete(path);
    }
    rows = used;
    return [...places].map(([path, places]) => ({ path, places }));
  };
  return {
    async gather(context, volume, samples, list) {
      await Deno.mkdir(context.workFolder, { recursive: true });
      const keys = Array.from({ length: samples.count }, (_, i) => sampleKey(samples, i));
      const added = [...keys.keys()].filter((i) => !rows.has(keys[i] ?? ""));
      const columns = volume.job.columns.length;
      const given = join(context.workFolder, "gather");
      if (added.length === 0) {
        await Deno.mkdir(given, { recursive: true });
        return { folder: given, files: await filesWith(keys), list, columns };
      }
      const table = pickSamples(samples, added);
      const parts = regionsOf(volume, table, list.poses);
      const options = { name: "gather", exact: false, dependsOn: null, parts }; // its folder is new
      const gathered = await gatherFeatures(context, volume, table, list, options);
      const slots = featureSlots(list, columns).length;
      await keep(gathered.files, slots, (index) => keys[added[index] ?? -1] ?? "");
      return { ...gathered, files: await filesWith(keys) };
    },
  };
}

/** Edge of the cells in which samples are gathered. */
const CELL = 16;

/** Disjoint regions that hold all samples. */
function regionsOf({ job, raw }: RunVolume, { centroids }: SampleTable, poses: readonly number[]): Region[] {
  const cells = new Map<string, Region>();
  for (let i = 0; i < centroids.length; i += 3) {
    const at = [0, 1, 2].map((axis) => Math.floor((centroids[i + axis] ?? 0) / CELL) * CELL);
    const [z = 0, y = 0, x = 0] = at;
    cells.set(at.join(), { start: [z, y, x], shape: [CELL, CELL, CELL] });
  }
  const context: Zyx = featureContext(job, poses, new Set(job.sources.keys()));
  return workingRegions([...cells.values()], [0, 0, 0], context, raw.shape);
}

/** Which sample each row of a file of features is. */
function indicesOf(path: string, slots: number): Uint32Array {
  const file = openFeatureFile(path, slots);
  file.close();
  return file.indices;
}

/** Names a sample by the bits of all that its features depend on: as digits, 25,000 of them would take several times the memory. */
function sampleKey({ seeds, first, frames }: SampleTable, i: number): string {
  const parts = [seeds.subarray(i, i + 1), first.subarray(i, i + 1), frames.subarray(i * 6, i * 6 + 6)];
  return parts.map((part) => String.fromCharCode(...new Uint16Array(part.slice().buffer))).join("");
}
