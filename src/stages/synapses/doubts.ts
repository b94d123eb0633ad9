/** Whether a table of synapses can be right: what looks as if the threshold or the model did not fit. */
import type { Zyx } from "../../volume/region.ts";

/** With the size of the labelled synapses known, an object is suspiciously large or small from this factor on. */
const LARGEST = 20;
const TYPICAL = 10;
/** Where it is not known: part of the stack that no single synapse takes. */
const OF_STACK = 0.01;

/** What looks wrong about a table. */
export interface Doubt {
  /** What, and what has probably happened. */
  readonly problem: string;
  readonly remedy: Remedy;
}

/** Where a better table is: at a lower threshold or size; at a higher threshold; at a lower threshold, or a higher size. */
export type Remedy = "find more" | "divide" | "join";

const COMMANDS: Readonly<Record<Remedy, string>> = {
  "find more":
    "list the synapses again with a lower --threshold or --min-size; if only wrong places are found then, " +
    "the model does not fit this stack",
  divide: "look at the scores, and list the synapses again with a higher --threshold",
  join: "look at the scores, and list the synapses again with a lower --threshold or a higher --min-size",
};

/** What is wrong, and what to do by commands. */
export function doubtText({ problem, remedy }: Doubt): string {
  return `${problem}; ${COMMANDS[remedy]}`;
}

/**
 * Says what is wrong with a table; undefined where nothing is.
 * @param sizes voxels of each synapse
 * @param shape of the stack; not looked at where `labelled` is known
 * @param labelled median size of the synapses that the model learned from, voxels; undefined where it is not known
 * @param highest of all scores, where there is no synapse and it is known
 */
export function doubtsAbout(
  { sizes: unsorted, shape }: { readonly sizes: Float64Array; readonly shape: Zyx },
  labelled: number | undefined,
  highest?: number,
): Doubt | undefined {
  if (unsorted.length === 0) {
    const score = highest === undefined ? "" : `, and the highest score is ${Number(highest.toPrecision(3))}`;
    return { problem: `no synapse was found${score}`, remedy: "find more" };
  }
  const sizes = unsorted.toSorted();
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.at(-1) ?? 0;
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const [depth, height, width] = shape;
  const tooLarge = labelled === undefined ? OF_STACK * depth * height * width : LARGEST * labelled;
  const than = labelled === undefined ? "" : `, labelled synapses ${labelled} (median)`;
  if (largest > all / 2 && largest > tooLarge) {
    return {
      problem:
        `one object has ${largest} of the ${all} voxels found${than}: synapses have probably merged, with each ` +
        "other or with membranes",
      remedy: "divide",
    };
  }
  const typical = `the median size is ${median} voxels${than}`;
  if (labelled !== undefined && median > TYPICAL * labelled) {
    return {
      problem: `${typical}: synapses have probably merged with what surrounds them`,
      remedy: "divide",
    };
  }
  if (labelled !== undefined && median * TYPICAL < labelled) {
    return { problem: `${typical}: these are probably fragments`, remedy: "join" };
  }
  return undefined;
}
