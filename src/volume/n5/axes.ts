/** What the attributes of N5 tell of axes and voxel sizes, in the forms of the programs that write it. */
import { nanometresOf } from "../length_units.ts";
import { toLength } from "../voxel_size.ts";
import { isObject, listOf } from "../zarr/json.ts";
import { omeLevels } from "../zarr/ome_zarr.ts";

type Attributes = Readonly<Record<string, unknown>>;

/** Axes of a dataset of `rank` axes, in the reverse of the file's order. */
export interface N5Axes {
  /** Undefined where no name is told. */
  readonly names: readonly string[] | undefined;
  /** Length of a voxel in nm; undefined where it is not told. */
  readonly lengths: readonly (number | undefined)[];
}

/** The group that a dataset is in, and its name there. */
export interface N5Parent {
  readonly attributes: Attributes;
  readonly name: string;
}

/**
 * Finds names and lengths: `transform` as COSEM and OpenOrganelle write it, of the dataset or in `multiscales` of its group;
 * `coordinateTransformations` of OME; `pixelResolution` of the N5 viewer, times the dataset's `downsamplingFactors`;
 * `pixelWidth` and so on of ImageJ; `resolution` in nm of Paintera and gunpowder.
 */
export function axesOf(rank: number, attributes: Attributes, parent: N5Parent | undefined): N5Axes {
  const level = levelsOf(parent?.attributes ?? {}).find(({ path }) => path === parent?.name);
  const named = transformAxes(rank, attributes["transform"]) ??
    transformAxes(rank, level?.["transform"]) ?? omeAxes(rank, parent);
  if (named !== undefined) return named;
  const names = imageJNames(rank, attributes) ?? arrayNames(rank, attributes);
  const own = levelLengths(attributes) ?? imageJLengths(attributes);
  const lengths = own ?? (parent === undefined ? undefined : levelLengths(parent.attributes));
  const factors = numbersOf(attributes["downsamplingFactors"]) ??
    (own === undefined ? scaleOf(parent) : undefined);
  const scaled = (lengths ?? []).map((length, axis) =>
    length === undefined ? undefined : toLength(length * (factors?.[axis] ?? 1))
  );
  // x, y, z of the file; of four or five axes the others come after, but for ImageJ's channels
  const places = names?.map((name) => "xyz".indexOf(name.toLowerCase())) ??
    Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return { names, lengths: places.map((place) => place < 0 ? undefined : scaled[place]) };
}

/** `{ axes, units, scale }`, in the order z, y, x. */
function transformAxes(rank: number, transform: unknown): N5Axes | undefined {
  if (!isObject(transform)) return undefined;
  const { axes, units, scale, ordering } = transform;
  if (!Array.isArray(axes) || axes.length !== rank || !Array.isArray(scale)) return undefined;
  const lengths = scale.map((size, axis) => {
    const unit = nanometresOf(Array.isArray(units) ? String(units[axis] ?? "") : "");
    const length = toLength(size);
    return unit === undefined || length === undefined ? undefined : length * unit;
  });
  return inOrder({ names: axes.map(String), lengths }, ordering === "F");
}

/** What a group says of its levels, in the form of COSEM and OME, the finest first. */
export function levelsOf(group: Attributes): Record<string, unknown>[] {
  const [image] = listOf(group["multiscales"]);
  return listOf(isObject(image) ? image["datasets"] : undefined).filter(isObject);
}

function omeAxes(rank: number, parent: N5Parent | undefined): N5Axes | undefined {
  const level = omeLevels(parent?.attributes ?? {}).find(({ path }) => path === parent?.name);
  if (level?.names?.length !== rank) return undefined;
  return inOrder({ names: level.names, lengths: level.lengths }, level.names[0]?.toLowerCase() === "x");
}

function inOrder({ names, lengths }: N5Axes, isReversed: boolean): N5Axes {
  return isReversed ? { names: names && [...names].reverse(), lengths: [...lengths].reverse() } : {
    names,
    lengths,
  };
}

/** Lengths along x, y, z in nm, of the finest level where it is a group that tells them. */
function levelLengths(attributes: Attributes): (number | undefined)[] | undefined {
  const { pixelResolution, resolution, units } = attributes;
  if (isObject(pixelResolution)) {
    const { dimensions, unit = "um" } = pixelResolution;
    return lengthsOf(dimensions, [unit, unit, unit]);
  }
  if (Array.isArray(pixelResolution)) return lengthsOf(pixelResolution, ["um", "um", "um"]);
  return lengthsOf(resolution, Array.isArray(units) ? units : ["nm", "nm", "nm"]);
}

function imageJLengths(attributes: Attributes): (number | undefined)[] | undefined {
  const { pixelWidth, pixelHeight, pixelDepth, pixelUnit } = attributes;
  return pixelWidth === undefined
    ? undefined
    : lengthsOf([pixelWidth, pixelHeight, pixelDepth], [pixelUnit, pixelUnit, pixelUnit]);
}

function lengthsOf(values: unknown, units: readonly unknown[]): (number | undefined)[] | undefined {
  return numbersOf(values)?.map((value, axis) => {
    const unit = nanometresOf(String(units[axis] ?? ""));
    return unit === undefined ? undefined : toLength(value * unit);
  });
}

/** How many voxels of the finest level are one of this level, as the group tells it. */
function scaleOf(parent: N5Parent | undefined): number[] | undefined {
  const level = /^s(\d+)$/.exec(parent?.name ?? "")?.[1];
  const { scales, downsamplingFactors = scales }: Attributes = parent?.attributes ?? {};
  if (level === undefined || !Array.isArray(downsamplingFactors)) return undefined;
  return numbersOf(downsamplingFactors[Number(level)]);
}

function numbersOf(values: unknown): number[] | undefined {
  const isNumbers = Array.isArray(values) && values.length >= 3 &&
    values.every((value) => toLength(value) !== undefined);
  return isNumbers ? values as number[] : undefined;
}

/** Of ImageJ, whose axes are x, y, then channels, slices and time points where there are several. */
function imageJNames(rank: number, attributes: Attributes): string[] | undefined {
  const { numChannels, numSlices, numFrames } = attributes;
  const several = ([[numChannels, "c"], [numSlices, "z"], [numFrames, "t"]] as const)
    .flatMap(([count, name]) => typeof count === "number" && count > 1 ? [name] : []);
  const names = ["x", "y", ...several];
  return numSlices !== undefined && names.length === rank ? names.reverse() : undefined;
}

/** `axes` as names in the order of the file, or xarray's, which is that of NumPy. */
function arrayNames(rank: number, attributes: Attributes): string[] | undefined {
  const { axes, _ARRAY_DIMENSIONS: dimensions } = attributes;
  const [list, isReversed] = Array.isArray(axes) ? [axes, true] : [dimensions, false];
  if (!Array.isArray(list) || list.length !== rank || !list.every((name) => typeof name === "string")) {
    return undefined;
  }
  const isNumPy = !isReversed || String(list.at(-1)).toLowerCase() === "x";
  return isNumPy ? [...list] : [...list].reverse();
}
