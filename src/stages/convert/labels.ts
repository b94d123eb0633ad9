/** Labels of any integers as 0 (negative), 255 (positive) and 128 (ignored). */
import { type LabelSide, PAINTED_LABELS, parseLabels } from "../../config/label_values.ts";
import { UserError } from "../../user_error.ts";
import type { ValueMap } from "../../volume/value_map.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { describeValues, labelAdvice, type LabelValues, MOST_VALUES } from "../label_counts.ts";
import type { ConvertOptions } from "./options.ts";
import { type RangeOptions, readAll } from "./read_all.ts";
import { openSlabs } from "./slab_source.ts";

const NEGATIVE = 0;
const POSITIVE = 255;
const IGNORED = 128;

/** What the values of a label volume mean; an attribute of its Zarr copy. */
interface LabelMeaning {
  readonly negative: LabelSide;
  readonly positive: LabelSide;
}

/** How the labels of a conversion are to be understood; undefined where they stay as they are. */
export function labelsOf({ labels }: Pick<ConvertOptions, "labels">): string | undefined {
  return labels === undefined || labels === PAINTED_LABELS ? undefined : labels;
}

/** What values mean, as a conversion that was begun has noted it. */
export function meaningOf({ attributes }: ZarrVolume): LabelMeaning | undefined {
  const meaning = attributes["labels"] as LabelMeaning | undefined;
  const isSide = (side: unknown) =>
    side === "others" || (Array.isArray(side) && side.every(Number.isInteger));
  return isSide(meaning?.negative) && isSide(meaning?.positive) ? meaning : undefined;
}

/** Reads a label volume once and counts its values; 64-bit ones from 2^63 on count as negative numbers. */
export async function countLabels(location: string, options: RangeOptions): Promise<LabelValues> {
  const source = await openSlabs(location, "float32");
  source.close();
  const counts = new Map<number, number>();
  let further = 0;
  let last = NaN, run = 0;
  const note = () => {
    if (run === 0) return;
    const before = counts.get(last);
    if (before !== undefined || counts.size < MOST_VALUES) counts.set(last, (before ?? 0) + run);
    else further += run;
  };
  const count = (value: number) => {
    if (value !== last) {
      if (!Number.isInteger(value)) {
        throw new UserError(
          `${location}: has the value ${value}; labels must be whole numbers: check that it is the right file`,
        );
      }
      note();
      last = value + 0;
      run = 0;
    }
    run++;
    return 0;
  };
  await readAll(location, [0, 1], options, () => {}, Object.assign(count, { isSigned: true as const }));
  note();
  const values = [...counts].sort(([a], [b]) => a - b);
  return { dtype: source.dtype, values, further };
}

/**
 * What the values of a volume mean.
 * @param labels as `parseLabels` understands it
 * @param mayLackNegative whether positive values that are listed may be all there is, since other volumes have negative ones
 * @throws {UserError} where that does not fit the values that there are
 */
export function findMeaning(
  name: string,
  labels: string,
  found: LabelValues,
  mayLackNegative = false,
): LabelMeaning {
  const rule = parseLabels(labels);
  const wrong = (problem: string) => {
    const advice = labels === "ids" || labels === "binary"
      ? `: ${explicitAdvice(found)}`
      : `: ${labelAdvice(found)}`;
    return new UserError(
      `${name}: labels is "${labels}", but ${problem}; its labels are ${describeValues(found)}${advice}`,
    );
  };
  if (rule === undefined) {
    throw new UserError(`${name}: labels is ${JSON.stringify(labels)}; see docs/settings.md`);
  }
  if (rule.kind === "values") {
    const meaning = { negative: rule.negative, positive: rule.positive };
    const has = (label: number) => found.values.some(([value]) => labelOf(meaning, value) === label);
    if (!has(NEGATIVE) && !(mayLackNegative && has(POSITIVE))) {
      throw wrong("no voxel is negative");
    }
    return meaning;
  }
  const values = found.values.map(([value]) => value);
  if (rule.kind === "ids") {
    const background = backgroundOf(found);
    if (background.length > 1) throw wrong("two values could be the background");
    if (background.length === 0) throw wrong("there is no background");
    // CREMI calls what is neither 2^64-2.
    const isUnsure = found.dtype === "uint64" && values.includes(-2);
    if (!isUnsure) return { negative: background, positive: "others" };
    return {
      negative: background,
      positive: values.filter((value) => value !== -2 && !background.includes(value)),
    };
  }
  if (values.length > 2 || found.further > 0) throw wrong("there are more than two values");
  const [low, high] = values.toSorted((a, b) =>
    Number(isAllOnes(b, found.dtype)) - Number(isAllOnes(a, found.dtype)) || a - b
  );
  if (low === undefined || (high === undefined && low !== 0)) throw wrong("there is only one value");
  return { negative: [low], positive: high === undefined ? [] : [high] };
}

function explicitAdvice({ values, dtype }: LabelValues): string {
  const lowest = values[0]?.[0] ?? 0;
  return `say which values are negative and which positive, such as labels = "${
    dtype === "uint64" && lowest < 0 ? 2n ** 64n + BigInt(lowest) : lowest
  }/*" for this one and all others (in evaluate and erode-dilate: --labels-are)`;
}

/** 0 or the value of all bits; of 8 and 16 bits that only where no voxel is 0, since it may be an identity. */
function backgroundOf({ values, dtype }: LabelValues): number[] {
  const found = values.map(([value]) => value).filter((value) => value === 0 || isAllOnes(value, dtype));
  if (found.length > 0) return found;
  const largest = dtype === "uint8" ? 0xff : dtype === "uint16" ? 0xffff : undefined;
  return values.map(([value]) => value).filter((value) => value === largest);
}

/** Whether a value is that of all 32 or 64 bits, or what a float makes of it. */
function isAllOnes(value: number, dtype: string): boolean {
  if (value === -1 || (value === 0xffffffff && /^(u?int(32|64)|float)/.test(dtype))) return true;
  return dtype.startsWith("float") && (value === 2 ** 32 || value === 2 ** 64);
}

function labelOf({ negative, positive }: LabelMeaning, value: number): number {
  if (negative !== "others" && negative.includes(value)) return NEGATIVE;
  if (positive !== "others" && positive.includes(value)) return POSITIVE;
  return negative === "others" ? NEGATIVE : positive === "others" ? POSITIVE : IGNORED;
}

/** Makes 0, 255 and 128 of values. */
export function meaningMap(meaning: LabelMeaning): ValueMap {
  const sides = new Map<number, number>();
  for (const side of [meaning.negative, meaning.positive]) {
    if (side !== "others") { for (const value of side) sides.set(value, labelOf(meaning, value)); }
  }
  const other = labelOf(meaning, NaN);
  let last = NaN, label = other;
  const map = (value: number) => {
    if (value !== last) {
      last = value;
      label = sides.get(value + 0) ?? other;
    }
    return label;
  };
  return Object.assign(map, { isSigned: true as const });
}

/** What is told of labels: each value with its voxels, and what it is. */
export function describeMeaning(meaning: LabelMeaning, found: LabelValues): string {
  const kinds = ([[NEGATIVE, "negative"], [POSITIVE, "positive"], [IGNORED, "ignored"]] as const).flatMap(
    ([label, kind]) => {
      const values = found.values.filter(([value]) => labelOf(meaning, value) === label);
      const further = labelOf(meaning, NaN) === label ? found.further : 0;
      return values.length === 0 ? [] : [`${kind} are ${describeValues({ ...found, values, further })}`];
    },
  );
  return kinds.join("; ");
}
