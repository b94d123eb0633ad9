/** What `ccboost synapses` says of what it found. */
import type { Quartiles } from "../analysis/synapse_summary.ts";
import { typedPath } from "../program_name.ts";
import { summaryOf } from "../stages/synapses/synapse_files.ts";
import type { SynapseTable } from "../stages/synapses/synapses.ts";
import { describeVoxelSize } from "../volume/voxel_size.ts";
import { alignColumns } from "./text_table.ts";

/** Synapses of a volume, and the files that tell of them. */
export interface SynapsesOfFile {
  readonly table: SynapseTable;
  /** The highest score of all, where there is no synapse. */
  readonly highest?: number | undefined;
  readonly files: readonly { readonly path: string; readonly what: string }[];
}

/** What to do where there is no synapse. */
function noneFound(highest: number): string {
  return `The highest score is ${
    short(highest)
  }: choose a lower --threshold, or a lower --min-size. If only ` +
    "wrong places are found then, the model does not fit this stack. It finds synapses in stacks with " +
    "the voxel size, contrast and kind of tissue that it was trained on.";
}

/** A table as people read it: the first synapses, and the figures over all. */
export function describeSynapses({ table, files, highest = NaN }: SynapsesOfFile): string {
  const { threshold, minSize, dropped, voxelSize, synapses, hasDirections } = table;
  const { atBorder, perCubicMicrometre, sizes, orientation } = summaryOf(table);
  const lengths = table.unit === "nm" ? "nm" : "x/y voxels";
  const row = (name: string, { lower, median, upper }: Quartiles, unit: string) => [
    name,
    ...[lower, median, upper].map((value) => short(value)),
    unit,
  ];
  const distributions = sizes === undefined ? "" : alignColumns(
    [
      ["", "1st quartile", "median", "3rd quartile", ""],
      row("size", sizes.voxels, "voxels"),
      row("length", sizes.length, lengths),
      row("width", sizes.width, lengths),
      row("thickness", sizes.thickness, lengths),
      row("elongation", sizes.elongation, ""),
    ],
    "lrrrl",
  );
  const direction = orientation === undefined
    ? hasDirections ? "no synapse has a direction" : "directions are unknown"
    : `${orientation.count} of them ${orientation.count === 1 ? "has" : "have"} a direction; ` +
      (orientation.mean
        ? `the mean direction is ${orientation.mean.map(short).join(", ")} (x, y, z), of length `
        : "the mean direction has length ") +
      `${short(orientation.resultant)} (1: all point the same way, 0: they point every way)`;
  const density = perCubicMicrometre === undefined
    ? "The voxel size is unknown, so there is no number of synapses per µm³. Give --voxel-size X,Y,Z, or set " +
      "voxelSize in the configuration: then all commands know it."
    : `${short(perCubicMicrometre)} per µm³, with voxels of ${voxelSize ? describeVoxelSize(voxelSize) : ""}`;
  const heading = [
    `${count(synapses.length, "synapse")}: at least ${minSize} voxels with a score of at least ` +
    `${short(threshold)} (${dropped} smaller ones removed)`,
  ];
  const written = ["", alignColumns(files.map(({ path, what }) => [typedPath(path), what]), "ll")];
  if (synapses.length === 0) return [...heading, noneFound(highest), density, ...written].join("\n");
  return [
    ...heading,
    density,
    `${atBorder} of them ${atBorder === 1 ? "touches" : "touch"} the border of the volume`,
    direction,
    ...(distributions === "" ? [] : ["", distributions]),
    ...written,
  ].join("\n");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function short(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}
