/** Whether a table of synapses can be right: what looks as if the threshold or the model did not fit. */
import type { Zyx } from "../../volume/region.ts";

/** With the size of the labelled synapses known, an object is suspiciously large or small from this factor on. */
const LARGEST = 20;
const TYPICAL = 10;
/** Where it is not known: part of the stack that no single synapse takes. */
const OF_STACK = 0.01;

/**
 * Says what is wrong with a table, and what to do; undefined where nothing is.
 * @param sizes voxels of each synapse
 * @param highest of all scores, where there is no synapse
 * @param labelled median size of the synapses that the model learned from, voxels; undefined where it is not known
 */
export function doubtsAbout(
  { sizes: unsorted, shape }: { readonly sizes: Float64Array; readonly shape: Zyx },
  labelled: number | undefined,
  highest = NaN,
): string | undefined {
  if (unsorted.length === 0) {
    return `no synapse was found, and the highest score is ${
      Number(highest.toPrecision(3))
    }: list the synapses again with a lower ` +
      "--threshold or --min-size; if only wrong places are found then, the model does not fit this stack";
  }
  const sizes = unsorted.toSorted();
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const largest = sizes.at(-1) ?? 0;
  const median = sizes[Math.floor(sizes.length / 2)] ?? 0;
  const [depth, height, width] = shape;
  const tooLarge = labelled === undefined ? OF_STACK * depth * height * width : LARGEST * labelled;
  const than = labelled === undefined ? "" : `, labelled synapses ${labelled} (median)`;
  if (largest > all / 2 && largest > tooLarge) {
    return `one object has ${largest} of the ${all} voxels found${than}: synapses have probably merged, with each other or ` +
      "with membranes; look at the scores, and list the synapses again with a higher --threshold";
  }
  if (labelled !== undefined && median > TYPICAL * labelled) {
    return `the median size is ${median} voxels${than}: synapses have probably merged with what surrounds them; look at the ` +
      "scores, and list the synapses again with a higher --threshold";
  }
  if (labelled !== undefined && median * TYPICAL < labelled) {
    return `the median size is ${median} voxels${than}: these are probably fragments; look at the scores, and list the ` +
      "synapses again with a lower --threshold or a higher --min-size";
  }
  return undefined;
}
