/** A stroke as the page shows it, and what it changes, so that undoing it can be shown at once. */
import type { LabelStroke } from "../../api.ts";

/** A stroke that is shown, and whether the server has it. */
export interface ShownStroke {
  readonly value: number;
  readonly over: LabelStroke["over"];
  /** First voxel in the chunk and length of one run after the other, by chunk. */
  readonly parts: Map<string, number[]>;
  /** First voxel, length and value before of the runs that it has changed, by chunk; undefined where that is not known. */
  changed: Map<string, number[]> | undefined;
  /** When the server had it, in the order of what happened here; Infinity until then. */
  savedAt: number;
}

/** Numbers that are kept of what a stroke changes. */
const MOST_CHANGED = 3_000_000;

/** Begins a stroke without runs. @param over which present values it may replace */
export function newStroke(
  value: number,
  over: LabelStroke["over"],
  parts: ShownStroke["parts"] = new Map(),
): ShownStroke {
  return { value, over, parts, changed: new Map(), savedAt: Infinity };
}

/** Paints runs (first voxel, length, ...) into a chunk. */
export function fill(
  voxels: Uint32Array,
  { value, over }: Pick<ShownStroke, "value" | "over">,
  part: readonly number[],
): void {
  for (let i = 0; i < part.length; i += 2) {
    const first = part[i] ?? 0, end = first + (part[i + 1] ?? 0);
    if (over === "all") {
      voxels.fill(value, first, end);
      continue;
    }
    for (let at = first; at < end; at++) {
      if (mayReplace(over, voxels[at] ?? 0)) voxels[at] = value;
    }
  }
}

/** Notes what a run will change in a chunk; nothing is known of a chunk that has not come. */
export function noteChanged(
  stroke: ShownStroke,
  key: string,
  voxels: Uint32Array | undefined,
  first: number,
  length: number,
): void {
  const { changed, value, over } = stroke;
  if (voxels === undefined) stroke.changed = undefined;
  if (voxels === undefined || changed === undefined) return;
  const known = changed.get(key) ?? [];
  for (let at = first; at < first + length;) {
    const before = voxels[at] ?? 0;
    let end = at + 1;
    while (end < first + length && voxels[end] === before) end++;
    if (before !== value && mayReplace(over, before)) known.push(at, end - at, before);
    at = end;
  }
  if (known.length > 0) changed.set(key, known);
  if (known.length > MOST_CHANGED) stroke.changed = undefined;
}

function mayReplace(over: LabelStroke["over"], present: number): boolean {
  return over === "all" || (over === "unpainted" ? present === 0 : over.includes(present));
}
