/** Which values the voxels of a label volume have, and what messages say of them. */
import { volumeBlocks, type VoxelSource } from "../analysis/voxel_source.ts";
import { formatLabel } from "../config/label_values.ts";
import { UserError } from "../user_error.ts";
import { voxelCount } from "../volume/region.ts";

/** The values of a label volume. */
export interface LabelValues {
  /** Of the file. */
  readonly dtype: string;
  /** Values with how many voxels they have, in ascending order; at most `MOST_VALUES` of them. */
  readonly values: readonly (readonly [value: number, voxels: number])[];
  /** Voxels of further values. */
  readonly further: number;
}

/** Values that are told apart; a volume of more holds identities, of which it does not matter which they are. */
export const MOST_VALUES = 1 << 16;
/** Values that a message lists. */
const MOST_SHOWN = 8;
const BLOCK_VOXELS = 1 << 22;

/** Counts the labels of an 8-bit volume. */
export async function countBytes(
  labels: VoxelSource<Uint8Array>,
  signal?: AbortSignal,
): Promise<LabelValues> {
  const counts = new Float64Array(256);
  for (const region of volumeBlocks(labels, BLOCK_VOXELS)) {
    signal?.throwIfAborted();
    const voxels = new Uint8Array(voxelCount(region.shape));
    await labels.read(region, voxels);
    for (const value of voxels) counts[value] = (counts[value] ?? 0) + 1;
  }
  const values = Array.from(counts, (voxels, value) => [value, voxels] as const);
  return { dtype: "uint8", values: values.filter(([, voxels]) => voxels > 0), further: 0 };
}

/** Such as `0 (7951 voxels), 3 (21 voxels) and 12 other values (304 voxels)`. */
export function describeValues({ dtype, values, further }: LabelValues): string {
  const text = ([value, voxels]: readonly [number, number]) =>
    `${formatLabel(value, dtype)} (${voxels} ${voxels === 1 ? "voxel" : "voxels"})`;
  if (values.length <= MOST_SHOWN && further === 0) return joinWords(values.map(text));
  const shown = new Set(
    [...values].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, MOST_SHOWN - 1).map(([value]) => value),
  );
  const rest = values.filter(([value]) => !shown.has(value));
  const voxels = rest.reduce((sum, [, count]) => sum + count, further);
  const others = further > 0 ? `more than ${rest.length} others` : `${rest.length} other values`;
  return joinWords([
    ...values.filter(([value]) => shown.has(value)).map(text),
    `${others} (${voxels} voxels)`,
  ]);
}

function joinWords(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The setting that fits values which are not 0 and 255. */
export function likelyLabels({ values, further }: LabelValues): "binary" | "1/2" | "ids" {
  const found = values.map(([value]) => value);
  const isOf = (...allowed: number[]) =>
    further === 0 && found.length > 0 && found.every((value) => allowed.includes(value));
  return isOf(0, 1) ? "binary" : isOf(0, 1, 2) ? "1/2" : "ids";
}

/** What a message advises for labels that are not 0 and 255: the setting that fits the values, then the others. */
export function labelAdvice(found: LabelValues): string {
  const best = likelyLabels(found);
  return `say what the values mean with labels = "${best}" in the train group (in evaluate and erode-dilate: --labels-are ${best}): ` +
    '"ids" is for 0 (or -1, or the largest value of 32 or 64 bits) as background and all others positive; "binary" for two ' +
    'values, of which the lower is negative; "1/2" for 1 negative, 2 positive and others ignored';
}

/** Whether an 8-bit volume cannot be labels of 0 and 255 as they are painted: there are others than these and 128, and none is 0 or none 255. */
function lacksPainted({ values }: LabelValues): boolean {
  const found = new Set(values.map(([value]) => value));
  const others = [...found].filter((value) => ![0, 128, 255].includes(value));
  return others.length > 0 && (!found.has(255) || !found.has(0));
}

/** Whether values are ignored that hardly were painted to be so: three or more, of which identities may be the reason. */
export function looksLikeIds({ values }: LabelValues): boolean {
  return values.filter(([value]) => value !== 0 && value !== 255).length > 2;
}

/** @throws {UserError} where labels that were not said to be otherwise are no painted ones */
export function requirePainted(name: string, found: LabelValues): void {
  if (!lacksPainted(found)) return;
  throw new UserError(
    `${name}: its labels are ${describeValues(found)}; expected 0 (negative) and 255 (positive): ` +
      labelAdvice(found),
  );
}
