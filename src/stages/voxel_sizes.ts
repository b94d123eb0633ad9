/** What a run says of the voxel sizes of its volumes. They are never used for scale, so what does not fit is only told. */
import type { TestSettings } from "../config/settings.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { describeVoxelSize, type VoxelSize } from "../volume/voxel_size.ts";
import { inputName } from "./input_files.ts";
import type { RunContext } from "../run/run_context.ts";

/** How far, as a share, the anisotropy may be from that of the voxel sizes, and these from each other, without a warning. */
const MOST_DIFFERENCE = 0.1;

/** Tells the voxel size, and warns where the anisotropy is another than that of the sizes. */
export function tellVoxelSize(
  { settings, reporter }: RunContext,
  size: VoxelSize | undefined,
  test: TestSettings,
): void {
  if (size === undefined) return;
  const name = inputName(settings, test.rawVolume);
  reporter.message(`${name}: voxel size ${describeVoxelSize(size)}`);
  const [z, y, x] = size;
  const ratio = z / Math.sqrt(y * x);
  if (Math.abs(ratio / test.zAnisotropyFactor - 1) <= MOST_DIFFERENCE) return;
  const found = Number(ratio.toPrecision(3));
  const advice = ratio >= 1 - MOST_DIFFERENCE
    ? `set it to ${Math.max(1, found)}, or give the right voxel size with --voxel-size X,Y,Z`
    : "resample it along z, or give the right voxel size with --voxel-size X,Y,Z";
  reporter.warn(
    `${name}: voxels of ${describeVoxelSize(size)} are ${found} times as long in z as in x and y, but ` +
      `zAnisotropyFactor is ${test.zAnisotropyFactor}; ${advice}`,
  );
}

/** Warns where the voxels of a volume are not as large as those that are learned from: everything that is learned is in voxels. */
export async function compareVoxelSize(
  { settings, reporter }: Pick<RunContext, "settings" | "reporter">,
  size: VoxelSize | undefined,
  { rawVolume }: Pick<TestSettings, "rawVolume">,
): Promise<void> {
  const [train] = settings.train;
  if (train === undefined || size === undefined || rawVolume === train.rawVolume) return;
  const [x, y, z] = train.voxelSize ?? [];
  const given: VoxelSize | undefined = x === undefined || y === undefined || z === undefined
    ? undefined
    : [z, y, x];
  const learned = given ?? (await describeVolumeFile(train.rawVolume)).voxelSize;
  if (learned === undefined) return;
  const isAlike = size.every((length, axis) =>
    Math.abs(length / (learned[axis] ?? length) - 1) <= MOST_DIFFERENCE
  );
  if (isAlike) return;
  const [own, other] = [rawVolume, train.rawVolume].map((path) => inputName(settings, path));
  reporter.warn(
    `${own}: voxels of ${describeVoxelSize(size)}, but the model was trained on ` +
      `${other} with voxels of ${describeVoxelSize(learned)}; resample one of them, ` +
      "or give the right voxel size with the key voxelSize",
  );
}
