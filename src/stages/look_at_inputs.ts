/** What can be said of a whole run from the headers of its inputs: told before hours of work, not after them. */
import { basename, dirname, join } from "node:path";
import { ifThere } from "../if_there.ts";
import type { Settings, TestSettings, TrainSettings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { fileError, fileState } from "../volume/file.ts";
import { describeVolumeFile, requireProcessMemory } from "../volume/open.ts";
import type { Zyx } from "../volume/region.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { noVoxelSize } from "./export/precomputed_results.ts";
import { requireKind } from "./convert/checks.ts";
import { requireSameComponents, requireShape } from "./input_checks.ts";
import { inputFiles } from "./input_files.ts";
import { conversionOptions } from "./inputs.ts";
import type { Resources } from "../run/plan_stage.ts";

/**
 * Checks every input of a run for what it is used as, and that volumes that belong together have one size.
 * @throws {UserError} naming the input
 */
export async function lookAtInputs(
  { settings, resources, learns }: {
    readonly settings: Settings;
    readonly resources: Resources;
    /** Whether the run trains. */
    readonly learns: boolean;
  },
): Promise<void> {
  const shapes = new Map<string, Zyx>(), sizes = new Map<string, VoxelSize | undefined>();
  for (const file of inputFiles(settings)) {
    requireProcessMemory(file.path, resources.memory);
    const found = await describeVolumeFile(file.path);
    const options = conversionOptions({ settings, resources }, file.kind, file);
    requireKind(found, file.path, options);
    shapes.set(file.path, found.shape);
    sizes.set(file.path, found.voxelSize);
  }
  const { train, test } = settings;
  if (settings.outputFormat === "precomputed") {
    for (const { rawVolume, voxelSize } of test) {
      if (!voxelSize && !sizes.get(rawVolume)) throw noVoxelSize(rawVolume);
    }
  }
  for (const volume of [...train, ...test]) requireShapes(volume, shapes);
  for (const { groundTruth, rawVolume } of train) {
    requireShape(groundTruth, shapeOf(shapes, groundTruth), rawVolume, shapeOf(shapes, rawVolume));
  }
  for (const { otherFeatures } of [...train, ...test]) await requireSameComponents(settings, otherFeatures);
  if (!learns) return;
  for (const volume of train) requireInside(settings, volume, shapeOf(shapes, volume.rawVolume));
}

function shapeOf(shapes: ReadonlyMap<string, Zyx>, path: string): Zyx {
  const shape = shapes.get(path);
  if (shape === undefined) throw new Error(`${path} was not looked at`);
  return shape;
}

function requireShapes(
  { rawVolume, otherFeatures, orientEstimate }: TestSettings,
  shapes: ReadonlyMap<string, Zyx>,
) {
  const raw = shapeOf(shapes, rawVolume);
  for (const source of [...otherFeatures, orientEstimate]) {
    if (source.kind === "file") requireShape(source.path, shapeOf(shapes, source.path), rawVolume, raw);
  }
}

/** @throws {UserError} where no voxel of a training volume is as far from its borders as samples must be */
function requireInside(
  { borderMinDist }: Settings,
  { rawVolume, zAnisotropyFactor }: TrainSettings,
  [depth, height, width]: Zyx,
): void {
  const along = borderMinDist / zAnisotropyFactor;
  const axes = [["z", depth, along], ["y", height, borderMinDist], ["x", width, borderMinDist]] as const;
  for (const [axis, length, distance] of axes) {
    if (length - 1 >= 2 * distance) continue;
    const scale = axis === "z" ? zAnisotropyFactor : 1;
    const most = Math.floor((length - 1) / 2 * scale);
    const divided = scale === 1 ? "" : `, divided by zAnisotropyFactor = ${scale} along z`;
    throw new UserError(
      `${rawVolume} has ${length} ${length === 1 ? "voxel" : "voxels"} along ${axis}, too few for ` +
        `borderMinDist = ${borderMinDist}: samples must be that far from each border${divided}, which ` +
        `needs ${Math.floor(2 * distance) + 1}; set borderMinDist to ${most} or less` +
        (axis === "z" ? ", or use more slices" : ""),
    );
  }
}

/**
 * Checks that files can be made in the folders of a run's outputs.
 * @throws {UserError} naming the setting and the folder
 */
export async function requireOutputFolders(settings: Settings, workFolder: string): Promise<void> {
  const { saveTrainingWeights, saveTrainingWeightsPosFileName: pos, saveTrainingWeightsNegFileName: neg } =
    settings;
  const files: [setting: string, path: string][] = [["outFileName", settings.outFileName]];
  if (saveTrainingWeights && pos !== "") files.push(["saveTrainingWeightsPosFileName", pos]);
  if (saveTrainingWeights && neg !== "") files.push(["saveTrainingWeightsNegFileName", neg]);
  const looked = new Set([workFolder]);
  for (const [setting, path] of files) {
    const folder = dirname(path);
    const state = fileState(folder);
    if (state === undefined || !state.isDirectory) {
      const found = state === undefined ? `no folder ${folder}` : `${folder} is not a folder`;
      throw new UserError(`${setting}: ${found}; create it or choose another`);
    }
    if (looked.has(folder)) continue;
    looked.add(folder);
    await requireWritable(path);
  }
}

/** Makes a file beside a path and removes it; its name is always the same, so that one left by a kill goes with the next. */
async function requireWritable(path: string): Promise<void> {
  const probe = join(dirname(path), `.${basename(path)}.write-test`);
  try {
    await Deno.writeFile(probe, new Uint8Array(0));
    await ifThere(() => Deno.remove(probe)); // another process may have removed it
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}
