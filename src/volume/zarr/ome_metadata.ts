/** Metadata of OME-Zarr 0.5 (ngff.openmicroscopy.org/0.5): what viewers know of a multiscale volume. */
import type { ContrastWindow } from "../contrast.ts";
import type { PyramidLevel } from "../pyramid.ts";
import { zipAxes, type Zyx } from "../region.ts";
import type { VoxelSize } from "../voxel_size.ts";

/** Images are downscaled by the mean and shown in grey or a colour, labels by the mode and shown in a colour a label. */
export type PyramidKind = "image" | "labels";

/** A multiscale volume. */
interface MultiscaleInfo {
  readonly name: string;
  readonly kind: PyramidKind;
  /** As written; a volume with more than one has an axis `component` before z, y and x. */
  readonly components: number;
  readonly levels: readonly Pick<PyramidLevel, "scale">[];
  /** Undefined where it is not known; then the relative lengths are `spacing`. */
  readonly voxelSize: VoxelSize | undefined;
  /** Relative lengths of a voxel on each axis, where the size is not known. */
  readonly spacing: Zyx;
  /** First voxel's place in the volume that this is a part of, in voxels. */
  readonly start: Zyx;
  /** One a component, for images. */
  readonly windows: readonly ContrastWindow[];
  /** Of an image, RRGGBB, hexadecimal. */
  readonly colour: string;
  /** Labels are 255 or none. */
  readonly isMask: boolean;
  /** Of labels, the path from them to their image; undefined where they stand alone. */
  readonly source: string | undefined;
}

const VERSION = "0.5";

const METHODS = {
  image: {
    type: "mean",
    description:
      "mean of boxes of 1 or 2 voxels on each axis of the level before; whole numbers are rounded to the nearest, halves up",
  },
  labels: {
    type: "mode",
    description:
      "most frequent label of boxes of 1 or 2 voxels on each axis of the level before; of equally frequent ones the smallest that is not 0",
  },
} as const;

/** The attributes of the group that holds the levels as arrays `0`, `1`, ... */
export function multiscaleAttributes(info: MultiscaleInfo): Record<string, unknown> {
  const { type, description } = METHODS[info.kind];
  const multiscale = {
    name: info.name,
    type,
    metadata: { description },
    axes: axesOf(info),
    datasets: info.levels.map(({ scale }, index) => ({
      path: String(index),
      coordinateTransformations: transformationsOf(info, scale),
    })),
  };
  const look = info.kind === "image"
    ? { omero: { channels: channelsOf(info), rdefs: { model: modelOf(info) } } }
    : { "image-label": labelOf(info) };
  return { ome: { version: VERSION, multiscales: [multiscale], ...look } };
}

function labelOf({ isMask, source }: MultiscaleInfo): Record<string, unknown> {
  return {
    version: VERSION,
    ...(isMask ? { colors: MASK_COLOURS } : {}),
    ...(source === undefined ? {} : { source: { image: source } }),
  };
}

/** The attributes of the group `labels` in an image. */
export function labelsAttributes(names: readonly string[]): Record<string, unknown> {
  return { ome: { version: VERSION, labels: names } };
}

/** Viewers choose the colours of other labels themselves. */
const MASK_COLOURS = [{ "label-value": 255, rgba: [255, 176, 0, 255] }];

function axesOf({ components, voxelSize }: MultiscaleInfo): Record<string, string>[] {
  const unit: Record<string, string> = voxelSize === undefined ? {} : { unit: "nanometer" };
  const space = ["z", "y", "x"].map((name) => ({ name, type: "space", ...unit }));
  return components > 1 ? [{ name: "component", type: "channel" }, ...space] : space;
}

/** A level's first voxel has its centre where the box of voxels that it stands for has it. */
function transformationsOf(info: MultiscaleInfo, scale: Zyx): Record<string, unknown>[] {
  const { components, voxelSize, spacing, start } = info;
  const size = voxelSize ?? spacing;
  const centre = zipAxes((first, by) => first + (by - 1) / 2, start, scale);
  const others = (value: number) => components > 1 ? [value] : [];
  return [
    { type: "scale", scale: [...others(1), ...zipAxes(times, size, scale)] },
    { type: "translation", translation: [...others(0), ...zipAxes(times, size, centre)] },
  ];
}

/** Without the last digits of a double, which people would read as part of the size. */
function times(a: number, b: number): number {
  return Number((a * b).toPrecision(12));
}

function channelsOf({ name, components, windows, colour }: MultiscaleInfo): Record<string, unknown>[] {
  return windows.map((window, index) => ({
    label: components > 1 ? `${name} ${index}` : name,
    active: index === 0,
    color: colour,
    coefficient: 1,
    family: "linear",
    inverted: false,
    window,
  }));
}

function modelOf({ colour }: MultiscaleInfo): string {
  return colour === "FFFFFF" ? "greyscale" : "color";
}
