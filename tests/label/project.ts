/** A labelling project for tests, and strokes. */
import { type LabelProject, openProject } from "../../src/label/project.ts";
import type { ProjectFile } from "../../src/label/project_file.ts";
import { createStack, type LabelStack } from "../../src/label/stack.ts";
import type { LabelModel, LabelStroke } from "../../src/label/state.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, openZarr, readRegion, writeRegion } from "../../src/volume/zarr/mod.ts";

export const SHAPE: Zyx = [20, 150, 140];

/** Makes a project in a folder around a stack: these voxels, or noise. */
export async function makeProject(
  folder: string,
  shape = SHAPE,
  { voxels = noise(shape), voxelSize = null, anisotropy = null }:
    & { readonly voxels?: Uint8Array }
    & Partial<Pick<ProjectFile, "voxelSize" | "anisotropy">> = {},
): Promise<void> {
  const raw = await createZarr(`${folder}/raw.zarr`, { shape, dtype: "uint8", storesAll: true });
  await writeRegion(raw, wholeRegion(shape), voxels);
  await createStack(folder, raw, {
    format: 1,
    begun: "2026-01-02T03:04:05.000Z",
    stack: "raw.zarr",
    raw: "raw.zarr",
    rescale: null,
    voxelSize,
    anisotropy,
    learning: null,
  });
}

function noise(shape: Zyx): Uint8Array {
  return Uint8Array.from({ length: voxelCount(shape) }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
}

/** Runs a test with an open project. */
export async function withProject(
  folder: string,
  test: (project: LabelProject) => Promise<void>,
): Promise<void> {
  const project = await openProject(folder);
  try {
    await test(project);
  } finally {
    await project.close();
  }
}

/** A stroke with an id of its own. */
export function strokeOf(
  value: number,
  runs: readonly number[],
  over: LabelStroke["over"] = "all",
  stroke: string = crypto.randomUUID(),
): LabelStroke {
  return { stroke, value, over, runs };
}

/** The labels as they are on the disk. */
export async function labelsOnDisk(folder: string): Promise<Uint32Array> {
  const volume = await openZarr(`${folder}/labels.zarr`);
  const voxels = new Uint32Array(voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return voxels;
}

/** A stroke written into plain voxels, for comparison. */
export function paintPlain(voxels: Uint32Array, [, height, width]: Zyx, stroke: LabelStroke): void {
  const { runs, value, over } = stroke;
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    for (let place = (z * height + y) * width + x, end = place + length; place < end; place++) {
      const before = voxels[place] ?? 0;
      if (over === "all" || (over === "unpainted" ? before === 0 : over.includes(before))) {
        voxels[place] = value;
      }
    }
  }
}

/** Waits until the model of a stack is as it should be. */
export async function untilModel(
  stack: Pick<LabelStack, "listen">,
  isSo: (model: LabelModel) => boolean,
): Promise<LabelModel> {
  let stop = () => {};
  const found = await new Promise<LabelModel>((resolve) => {
    void stack.listen("", ({ state }) => {
      if (state?.model && isSo(state.model)) resolve(state.model);
    }).then((unlisten) => stop = unlisten);
  });
  stop();
  return found;
}
