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

/**
 * Sums a table up.
 * @param cubicMicrometres volume of the whole stack; undefined where it is not known
 */
export function summariseSynapses(
  synapses: readonly Synapse[],
  cubicMicrometres: number | undefined,
): SynapseSummary {
  const of = (measure: (synapse: Synapse) => number) => quartiles(synapses.map(measure));
  return {
    count: synapses.length,
    atBorder: synapses.filter(({ touchesBorder }) => touchesBorder).length,
    perCubicMicrometre: cubicMicrometres === undefined ? undefined : synapses.length / cubicMicrometres,
    sizes: synapses.length === 0 ? undefined : {
      voxels: of(({ voxels }) => voxels),
      length: of(({ length }) => length),
      width: of(({ width }) => width),
      thickness: of(({ thickness }) => thickness),
      elongation: of(({ elongation }) => elongation),
    },
    orientation: orientationOf(synapses.flatMap(({ direction }) => direction ? [direction] : [])),
  };
}

function orientationOf(directions: readonly Direction[]): SynapseSummary["orientation"] {
  if (directions.length === 0) return undefined;
  const sum = directions.reduce<Direction>((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]], [0, 0, 0]);
  const length = lengthOf(sum);
  return {
    count: directions.length,
    mean: length > 0 ? [sum[0] / length, sum[1] / length, sum[2] / length] : undefined,
    resultant: length / directions.length,
  };
}

/** Between two values a quartile is as far from them as it is between their places. */
function quartiles(values: number[]): Quartiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const place = share * (sorted.length - 1), below = Math.floor(place);
    const low = sorted[below] ?? 0, high = sorted[Math.ceil(place)] ?? low;
    return low + (high - low) * (place - below);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
