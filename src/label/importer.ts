/** Labels of another program on the page: what is in a file is shown first, with what it will mean, and then taken. */
import { basename, join } from "node:path";
import { formatLabel, PAINTED_LABELS } from "../config/label_values.ts";
import { removeFolder } from "../run/work_folder.ts";
import { findMeaning, meaningMap } from "../stages/convert/labels.ts";
import { type LabelValues, likelyLabels, looksLikeIds } from "../stages/label_counts.ts";
import { UserError } from "../user_error.ts";
import type { ValueMap } from "../volume/value_map.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { countImport, type ImportOptions, understandImport, type UnderstoodLabels } from "./import.ts";
import { namesIn, type NearStack, placeIn } from "./near_stack.ts";
import { folderOfStack, IMPORT_FOLDER, type LabelStack } from "./stack.ts";
import type { ImportLook, ImportValue, Meaning } from "./import_state.ts";
import type { LabelChange } from "./state.ts";

/** Takes labels into one stack. */
export interface Importer {
  /** What may be labels next to the stack. */
  state(): NearStack;
  /**
   * Looks at labels, and what they will mean.
   * @param path starts from the folder of the stack
   * @param means of each value that was told before, in their order; left out: what is likely
   * @throws {UserError} where they cannot be read or taken
   */
  look(path: string, means: readonly Meaning[] | undefined, signal: AbortSignal): Promise<ImportLook>;
  /** Takes what was looked at last. @param version its number */
  take(version: number): Promise<LabelChange>;
}

/** Values that are told one by one. */
const MOST_SHOWN = 12;
/** Bytes for voxels while a file is read: labels are painted meanwhile. */
const MEMORY = 48 * 2 ** 20;
/** What labels may be called. */
const LABEL_NAME = /\.(tiff?|nrrd|mrc|nii|nii\.gz|h5|hdf5|zarr|n5)$/i;
const ADVICE = "where the stack is; labels elsewhere can be taken when the project is begun, with --import";

const KIND: Readonly<Record<Meaning, number>> = { synapse: 255, not: 0, unsure: 128 };

/** What was looked at last. */
interface Looked {
  readonly version: number;
  readonly path: string;
  readonly found: Awaited<ReturnType<typeof countImport>>;
  readonly understood: UnderstoodLabels;
}

/** Begins without a file. */
export function createImporter(stack: LabelStack): Importer {
  const folder = folderOfStack(stack);
  const { raw: { shape }, store: { chunks: { volume } } } = stack;
  const labelNames = () => {
    const others = [basename(stack.file().stack), basename(stack.folder), basename(stack.raw.path)];
    return namesIn(folder, LABEL_NAME, others);
  };
  let looked: Looked | undefined;
  let done: number | null = null;
  const look: Importer["look"] = async (path, means, signal) => {
    const location = placeIn(folder, path, "labels", ADVICE);
    const version = Math.max(Date.now(), (looked?.version ?? 0) + 1);
    const name = String(version);
    const own = join(stack.folder, IMPORT_FOLDER, name);
    await removeOld(join(stack.folder, IMPORT_FOLDER));
    await Deno.mkdir(own);
    const options: ImportOptions = {
      memory: MEMORY,
      signal,
      onProgress: (read, total) => done = read / total,
    };
    const known = looked?.path === path && means !== undefined ? looked.found : undefined;
    looked = undefined;
    const found = known ?? await countImport(location, shape, own, options);
    const values = shownValues(basename(path), found, means);
    const map = mapOf(found, values, means === undefined);
    const understood = await understandImport(location, map, volume, own, options);
    looked = { version, path, found, understood };
    return {
      version,
      path,
      values,
      notes: notesOf(found.voxelSize, stack.state().voxelSize),
      kinds: `${stack.served.imports}/${name}/${basename(understood.kinds.path)}`,
      synapses: understood.synapses,
      at: understood.largest ?? null,
      voxels: understood.voxels,
    };
  };
  return {
    state: () => ({ folder, names: labelNames(), done }),
    async look(...given) {
      done = 0;
      try {
        return await look(...given);
      } finally {
        done = null;
      }
    },
    async take(version) {
      if (looked?.version !== version) {
        throw new UserError("these labels were not looked at last; look at them again");
      }
      const change = await stack.store.takeLabels(looked.understood);
      looked = undefined;
      await removeOld(join(stack.folder, IMPORT_FOLDER));
      return change;
    },
  };
}

async function removeOld(folder: string): Promise<void> {
  for (const { name } of [...Deno.readDirSync(folder)]) await removeFolder(join(folder, name));
}

/** The values, the most frequent ones one by one, with what they mean. */
function shownValues(
  name: string,
  found: LabelValues,
  means: readonly Meaning[] | undefined,
): ImportValue[] {
  const likely = likelyMeaning(name, found);
  const frequent = found.values.toSorted((a, b) => b[1] - a[1]).slice(0, MOST_SHOWN).map(([value]) => value);
  const shown = found.values.filter(([value]) => frequent.includes(value));
  const rest = found.values.filter(([value]) => !frequent.includes(value));
  const values = shown.map(([value, voxels], i): ImportValue => ({
    text: formatLabel(value, found.dtype),
    voxels,
    means: means?.[i] ?? likely(value),
  }));
  const [other] = rest;
  if (other) {
    const voxels = rest.reduce((sum, [, count]) => sum + count, found.further);
    const text = found.further > 0 ? `more than ${rest.length} others` : `${rest.length} others`;
    values.push({ text, voxels, means: means?.[shown.length] ?? likely(other[0]) });
  }
  if (means === undefined || means.length === values.length) return values;
  throw new UserError(`means: expected ${values.length}, one for each value, not ${means.length}`);
}

/** What becomes of each value. @param isLikely whether each has the meaning that is likely, also of those that are told together */
function mapOf(found: LabelValues, values: readonly ImportValue[], isLikely: boolean): ValueMap {
  const kinds = new Map(values.map(({ text, means }) => [text, KIND[means]]));
  const others = values.at(-1);
  const likely = likelyMeaning("", found);
  const byValue = new Map(found.values.map(([value]) => {
    const kind = kinds.get(formatLabel(value, found.dtype));
    return [value, kind ?? KIND[isLikely || !others ? likely(value) : others.means]];
  }));
  const other = KIND[others?.means ?? "unsure"];
  return Object.assign((value: number) => byValue.get(value + 0) ?? other, { isSigned: true as const });
}

/** What values mean most likely; all are unsure where that cannot be told. */
function likelyMeaning(name: string, found: LabelValues): (value: number) => Meaning {
  const has = (wanted: number) => found.values.some(([value]) => value === wanted);
  const rule = has(0) && has(255) && !looksLikeIds(found) ? PAINTED_LABELS : likelyLabels(found);
  try {
    const map = meaningMap(findMeaning(name, rule, found));
    return (value) => map(value) === KIND.synapse ? "synapse" : map(value) === KIND.not ? "not" : "unsure";
  } catch (cause) {
    if (cause instanceof UserError) return () => "unsure";
    throw cause;
  }
}

/** Lengths that differ by less are the same, written with fewer digits. */
const SAME = 0.01;

function notesOf(labels: VoxelSize | undefined, stack: VoxelSize | null): string[] {
  if (!labels || !stack) return [];
  const isSame = labels.every((length, axis) => Math.abs(length / (stack[axis] ?? 1) - 1) < SAME);
  const text = (size: VoxelSize) =>
    `${[...size].reverse().map((n) => Number(n.toPrecision(4))).join(" × ")} nm`;
  return isSame ? [] : [
    `Its voxels are ${text(labels)} by its file, those of the stack ${text(stack)}: is it the right file?`,
  ];
}
