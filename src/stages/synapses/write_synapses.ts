/** Finds the synapses in a volume of scores and writes the files that tell of them: for a run and for the command `synapses`. */
import { resolve } from "node:path";
import { zarrScores, zarrSink } from "../../analysis/voxel_source.ts";
import { voxelSizeAttribute } from "../../volume/voxel_size.ts";
import { createZarr, defaultChunk, removeZarr, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { writeAnnotations } from "./neuroglancer_annotations.ts";
import { writeSynapseCsv, writeSynapseJson } from "./synapse_files.ts";
import { findSynapses, type SynapseList, type SynapseOptions, type SynapseTable } from "./synapses.ts";

/** Where the synapses of a volume are written. */
export interface SynapseFiles {
  readonly csv: string;
  readonly json: string;
  /** Zarr of uint32: the number of the synapse at each voxel. */
  readonly labels: string;
  /** Folder of annotations for Neuroglancer. */
  readonly annotations: string;
}

/** The files whose names begin with a prefix, such as `out-0`. */
export function synapseFiles(prefix: string): SynapseFiles {
  return {
    csv: `${prefix}-synapses.csv`,
    json: `${prefix}-synapses.json`,
    labels: resolve(`${prefix}-synapses.zarr`),
    annotations: `${prefix}-annotations`,
  };
}

/** How to find and write them. */
export interface WriteSynapsesOptions extends Omit<SynapseOptions, "labels"> {
  /** Of the scores, for messages. */
  readonly name: string;
  /** What the JSON calls the scores; default `name`. */
  readonly nameInJson?: string;
  /** What is written, each of it whole or not at all, in the place of what is there; annotations where they are named. */
  readonly files: Omit<SynapseFiles, "annotations"> & Partial<SynapseFiles>;
}

/** Finds the synapses and writes the files. @throws {UserError} as `findSynapses` does, or where a file cannot be written */
export async function writeSynapses(
  scores: ZarrVolume,
  { name, nameInJson = name, files, ...options }: WriteSynapsesOptions,
): Promise<SynapseTable> {
  const partial = `${files.labels}.partial`;
  const labels = await createZarr(partial, {
    shape: scores.shape,
    chunk: defaultChunk(scores.shape, options.anisotropy ?? 1),
    dtype: "uint32",
    attributes: voxelSizeAttribute(options.voxelSize),
  });
  const table = await findSynapses({ ...zarrScores(scores), name }, { ...options, labels: zarrSink(labels) });
  await putInPlace(labels, files, table, nameInJson);
  if (files.annotations !== undefined) await writeAnnotations(files.annotations, table);
  return table;
}

/** Gives a label volume that is complete its name, and writes the table of its synapses. */
export async function putInPlace(
  labels: ZarrVolume,
  files: Omit<SynapseFiles, "annotations">,
  table: SynapseTable<SynapseList>,
  nameInJson: string,
): Promise<void> {
  removeZarr(files.labels);
  await Deno.rename(labels.path, files.labels);
  writeSynapseCsv(files.csv, table);
  writeSynapseJson(files.json, table, nameInJson);
}
