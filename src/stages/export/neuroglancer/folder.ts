/** A folder with everything that Neuroglancer needs to show the synapses of a volume, to be put on any web server. */
import { join } from "node:path";
import { UserError } from "../../../user_error.ts";
import { strangerAt, writeFileAtomic } from "../../../volume/file.ts";
import type { Zyx } from "../../../volume/region.ts";
import type { ZarrVolume } from "../../../volume/zarr/mod.ts";
import { removeFolder } from "../../../run/work_folder.ts";
import { writeAnnotations } from "../../synapses/neuroglancer_annotations.ts";
import type { SynapseTable } from "../../synapses/synapses.ts";
import { exportVolume } from "../export.ts";
import { exportMeshes } from "../meshes/export_meshes.ts";
import { createMeshFolder, meshUnit } from "../meshes/mesh_files.ts";
import { exportView } from "../view.ts";
import { neuroglancerState, PARTS, type ShownVolumes } from "./state.ts";

/** What is shown. */
export interface NeuroglancerVolumes {
  /** The stack that was scored, where it is there. */
  readonly stack: ZarrVolume | undefined;
  readonly scores: ZarrVolume;
  /** Number of the synapse at each voxel. */
  readonly labels: ZarrVolume;
  readonly table: SynapseTable;
  /** Folder of annotations to copy; undefined: they are made from the table. */
  readonly annotations: string | undefined;
}

/** How to write. */
interface FolderOptions {
  /** Of the folder, once it is on a web server. */
  readonly url: string;
  /** Voxel size in z over voxel size in x and y, where the size is not known. */
  readonly anisotropy: number;
  /** Bytes for volumes, and for meshes. */
  readonly memory: number;
  readonly meshMemory: number;
  readonly signal?: AbortSignal | undefined;
  /** Begins a part; is given the share of it that is done. */
  readonly onPart: (name: string) => { readonly onShare: (share: number) => void; readonly done: () => void };
}

/** Meshes are two files each; of more synapses there are none. */
export const MOST_MESHES = 20_000;
/** Meshes that are shown at once: those of the largest synapses. */
const MOST_SELECTED = 200;

/** @throws {UserError} where something else is in the place in which the folder is written at first */
function requireUnfinishedFolder(partial: string): void {
  const known = Object.values(PARTS);
  // A part that was not finished has a further ending.
  const other = strangerAt(partial, (name) => known.some((part) => `${name}.`.startsWith(`${part}.`)));
  if (other === undefined) return;
  const found = other === partial ? "is a file" : `contains ${other}`;
  throw new UserError(`${partial}: ${found}, which would be lost; choose another folder, or move it away`);
}

/** @throws {UserError} where something else is in the folder's place */
export function requireNeuroglancerFolder(folder: string): void {
  const known: readonly string[] = Object.values(PARTS);
  if (strangerAt(folder, (name) => known.includes(name)) === undefined) return;
  throw new UserError(
    `${folder}: has other files than those of this command; choose another folder, or remove it`,
  );
}

/**
 * Writes the folder; one of an earlier time is replaced. It appears when it is complete.
 * @returns whether it has meshes
 * @throws {UserError} where it cannot be written
 */
export async function writeNeuroglancerFolder(
  { stack, scores, labels, table, annotations }: NeuroglancerVolumes,
  folder: string,
  { url, anisotropy, memory, meshMemory, signal, onPart }: FolderOptions,
): Promise<boolean> {
  requireNeuroglancerFolder(folder);
  const partial = `${folder}.partial`;
  requireUnfinishedFolder(partial);
  await removeFolder(partial);
  await Deno.mkdir(partial, { recursive: true });
  const voxelSize = table.voxelSize;
  const volume = async (part: "stack" | "scores" | "synapses", from: ZarrVolume) => {
    const stage = onPart(part);
    await exportVolume(from, join(partial, PARTS[part]), {
      kind: part === "synapses" ? "labels" : "image",
      anisotropy,
      voxelSize,
      memory,
      signal,
      onProgress: (done, total) => stage.onShare(done / total),
    });
    stage.done();
  };
  if (stack !== undefined) await volume("stack", stack);
  await volume("scores", scores);
  await volume("synapses", labels);
  if (annotations === undefined) await writeAnnotations(join(partial, PARTS.annotations), table);
  else await copyFolder(annotations, join(partial, PARTS.annotations));
  const hasMeshes = table.synapses.length > 0 && table.synapses.length <= MOST_MESHES;
  if (hasMeshes) {
    const stage = onPart("meshes");
    await Deno.mkdir(join(partial, PARTS.meshes));
    const file = createMeshFolder(join(partial, PARTS.meshes), meshUnit(voxelSize, anisotropy));
    await exportMeshes(exportView(labels), file, {
      memory: meshMemory,
      signal,
      onProgress: (done, total) => stage.onShare(done / total),
    });
    stage.done();
  }
  const state = neuroglancerState(
    shownOf(table, { hasStack: stack !== undefined, hasMeshes, anisotropy }),
    url,
  );
  await writeFileAtomic(join(partial, PARTS.state), `${JSON.stringify(state, null, 1)}\n`);
  await removeFolder(folder);
  await Deno.rename(partial, folder);
  return hasMeshes;
}

function shownOf(
  { shape, voxelSize, threshold, synapses }: SynapseTable,
  given: Pick<ShownVolumes, "hasStack" | "hasMeshes" | "anisotropy">,
): ShownVolumes {
  const largest = synapses.toSorted((a, b) => b.voxels - a.voxels || a.id - b.id).slice(0, MOST_SELECTED);
  const best = synapses.reduce<SynapseTable["synapses"][number] | undefined>(
    (best, one) => best === undefined || one.meanScore > best.meanScore ? one : best,
    undefined,
  );
  const peaks = synapses.map(({ peakScore }) => peakScore).filter(Number.isFinite).sort((a, b) => a - b);
  const high = peaks[Math.floor(peaks.length / 2)] ?? threshold;
  return {
    ...given,
    shape,
    voxelSize,
    scores: [threshold, high > threshold ? high : threshold + 1],
    position: best?.centroid ?? shape.map((n) => Math.floor(n / 2)) as unknown as Zyx,
    selected: given.hasMeshes ? largest.map(({ id }) => id) : [],
  };
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to);
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(join(from, name), join(to, name));
    else await Deno.copyFile(join(from, name), join(to, name));
  }
}
