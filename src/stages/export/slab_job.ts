/** A worker's side of an export: slabs of a volume at their places in a file in the making. */
import { plattProbability } from "../../boosting/mod.ts";
import { openRows } from "../../volume/output_file.ts";
import type { Region } from "../../volume/region.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { ExportJob, Probability } from "../job.ts";
import { slabWriter } from "./file.ts";
import { exportView, type ViewOptions } from "./view.ts";

/** 8-bit probabilities: floor(254 * p) of the score divided by the sum of alphas (docs/algorithm.md, sections 7 and 8). */
export function probabilityBytes({ platt, total }: Probability): (scores: Float32Array) => Uint8Array {
  return (scores) =>
    Uint8Array.from(scores, (score) => Math.floor(254 * plattProbability(platt, score / total)));
}

/** What is exported of a result: all of it. */
export function resultView(probability: Probability | null): ViewOptions {
  return probability === null ? {} : { transform: probabilityBytes(probability) };
}

/** Opens volume and file; what it returns writes a slab. */
export async function openExportJob(
  { volume, probability, place }: ExportJob,
): Promise<(slab: Region) => Promise<void>> {
  const { writeRows } = openRows(place);
  return slabWriter(exportView(await openZarr(volume), resultView(probability)), { writeRows, place });
}
