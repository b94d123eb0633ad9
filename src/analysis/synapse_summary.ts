/** A table of synapses in a few figures. */
import { type Direction, lengthOf, type Synapse } from "./synapse.ts";

/** How a measure is distributed. */
export interface Quartiles {
  /** A quarter of the values is at most this. */
  readonly lower: number;
  /** Half of the values is at most this. */
  readonly median: number;
  /** Three quarters of the values are at most this. */
  readonly upper: number;
}

/** Figures over all synapses. */
export interface SynapseSummary {
  /** How many there are. */
  readonly count: number;
  /** How many touch the volume's border, so that a part of them may be missing. */
  readonly atBorder: number;
  /** Synapses in a cubic micrometre; undefined where the voxel size is not known. */
  readonly perCubicMicrometre: number | undefined;
  /** Undefined where there is no synapse. */
  readonly sizes:
    | {
      /** In voxels. */
      readonly voxels: Quartiles;
      /** In the table's unit. */
      readonly length: Quartiles;
      readonly width: Quartiles;
      readonly thickness: Quartiles;
      readonly elongation: Quartiles;
    }
    | undefined;
  /** Undefined where no synapse has a direction. */
  readonly orientation:
    | {
      /** How many have a direction. */
      readonly count: number;
      /** Unit vector of the mean direction `[x, y, z]`; undefined where directions cancel out. */
      readonly mean: Direction | undefined;
      /** Length of the mean of the directions: 1 where all point the same way, near 0 where they point anywhere. */
      readonly resultant: number;
    }
    | undefined;
}

/** Measures whose distribution is told. */
const MEASURES = ["voxels", "length", "width", "thickness", "elongation"] as const;

/**
 * Sums a table up.
 * @param synapses are gone through once
 * @param cubicMicrometres volume of the whole stack; undefined where it is not known
 */
export function summariseSynapses(
  synapses: Iterable<Synapse> & { readonly length: number },
  cubicMicrometres: number | undefined,
): SynapseSummary {
  const count = synapses.length;
  const values = MEASURES.map((name) => ({ name, of: new Float64Array(count) }));
  let atBorder = 0, directed = 0, sum: Direction = [0, 0, 0], next = 0;
  for (const synapse of synapses) {
    for (const { name, of } of values) of[next] = synapse[name];
    next++;
    if (synapse.touchesBorder) atBorder++;
    const { direction } = synapse;
    if (direction === undefined) continue;
    directed++;
    sum = [sum[0] + direction[0], sum[1] + direction[1], sum[2] + direction[2]];
  }
  const sizes = Object.fromEntries(values.map(({ name, of }) => [name, quartiles(of)])) as Record<
    typeof MEASURES[number],
    Quartiles
  >;
  return {
    count,
    atBorder,
    perCubicMicrometre: cubicMicrometres === undefined ? undefined : count / cubicMicrometres,
    sizes: count === 0 ? undefined : sizes,
    orientation: orientationOf(sum, directed),
  };
}

function orientationOf(sum: Direction, count: number): SynapseSummary["orientation"] {
  if (count === 0) return undefined;
  const length = lengthOf(sum);
  return {
    count,
    mean: length > 0 ? [sum[0] / length, sum[1] / length, sum[2] / length] : undefined,
    resultant: length / count,
  };
}

/** Between two values a quartile is as far from them as it is between their places. Sorts the values. */
function quartiles(values: Float64Array): Quartiles {
  values.sort();
  const at = (share: number) => {
    const place = share * (values.length - 1), below = Math.floor(place);
    const low = values[below] ?? 0, high = values[Math.ceil(place)] ?? low;
    return low + (high - low) * (place - below);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
