/** Voxels of HDF5 datasets, as ilastik, h5py and others write them. */
import type { Dataset } from "h5wasm";
import type { AxisPick } from "../../config/pick.ts";
import { shorten, UserError } from "../../user_error.ts";
import { placeAxes } from "../axes.ts";
import type { SourceDtype } from "../dtype.ts";
import { type BoxSource, type GridArray, gridSource, stridesOf } from "../grid_source.ts";
import { axisTags, labelsOf, offsetOf, voxelSizeOf } from "./attributes.ts";
import { type Hdf5Dataset, type Hdf5File, type Hdf5Link, openHdf5File } from "./file.ts";
import { describeFilters, type Hdf5Filter } from "./filters.ts";
import { MAX_CHUNK_BYTES } from "./heap_limit.ts";
import { besides, showSources } from "./virtual.ts";
import { pickAxes, pickedOf } from "../pick_axes.ts";
import { viewAs } from "../unpack.ts";

/** Bytes of the boxes that a dataset without chunks is read in. */
const BOX_BYTES = 1 << 22;
/** Least axes of a volume, where it must be guessed. */
const LEAST_RANK = 3;
const MOST_LISTED = 10;
/** Files that links lead through one after the other. */
const MOST_LINKS = 8;

const TYPES: Readonly<Record<string, SourceDtype>> = {
  "unsigned 1": "uint8",
  "signed 1": "int8",
  "unsigned 2": "uint16",
  "signed 2": "int16",
  "unsigned 4": "uint32",
  "signed 4": "int32",
  "unsigned 8": "uint64",
  "signed 8": "int64",
  "float 4": "float32",
  "float 8": "float64",
};

/**
 * Opens a dataset of an HDF5 file.
 *
 * @param name what the user called it, for messages
 * @param inner path in the file; undefined for the only dataset of 3 or more axes
 * @throws UserError if there is no such dataset, more than one to choose from, or it holds no volume
 */
export function openHdf5(
  path: string,
  inner: string | undefined,
  name: string,
  pick: AxisPick = {},
): Promise<BoxSource> {
  return openLinked(path, inner, name, [path], pick);
}

/** @param files this file and those whose links led to it */
async function openLinked(
  path: string,
  inner: string | undefined,
  name: string,
  files: readonly string[],
  pick: AxisPick,
): Promise<BoxSource> {
  const file = await openHdf5File(path);
  try {
    const link = inner === undefined ? onlyLink(file) : file.findLink(inner);
    if (link !== undefined) {
      const target = linkTarget(path, link, files);
      const label = inner === undefined ? `${path}:${link.path}` : name;
      const source = await openLinked(target, link.inner, label, [target, ...files], pick);
      file.close();
      return source;
    }
    const { dataset, path: found } = choose(file, path, inner);
    const label = inner === undefined ? `${path}:${found}` : name;
    const sources = await showSources(file, path, label, dataset);
    const shape = visibleShape(file, found, dataset);
    const whole = hdf5Array(file, [...files, ...sources], [label, found], dataset, shape);
    const tags = file.explained(() => axisTags(dataset));
    const names = tags?.map(({ key }) => key) ?? file.explained(() => labelsOf(dataset));
    const array = pickAxes(whole, names, pick);
    const axes = placeAxes(label, array.shape, names);
    const filters = file.filters(dataset);
    const missing = unreadFilters(filters);
    return {
      ...gridSource(array, axes, file.explained(() => voxelSizeOf(dataset, axes, tags))),
      ...pickedOf(pick),
      storage: "HDF5 filters: " +
        `${describeFilters(filters)}${sources.length > 0 ? `; virtual, of ${sources.length} files` : ""}`,
      ...(missing === "" ? {} : {
        unread:
          `${label}: its chunks use the filter ${missing}, which cannot be read; repack it with gzip, for example with ` +
          "h5repack -f GZIP=6 in.h5 out.h5",
      }),
    };
  } catch (cause) {
    file.close();
    throw cause;
  }
}

/** The filters that cannot be read, such as `sz3`; empty where all can. */
function unreadFilters(filters: readonly Hdf5Filter[]): string {
  return filters.filter(({ isRead }) => !isRead).map((filter) => filter.name).join(" and ");
}

/** The only volume of a file where that is a link into another. */
function onlyLink(file: Hdf5File): Hdf5Link | undefined {
  if (file.list(LEAST_RANK).length > 0) return undefined;
  const links = file.links().filter((link) => link.file !== undefined);
  return links.length === 1 ? links[0] : undefined;
}

/** The file that a link leads to. @throws UserError where it is not there, or links go round in a circle */
function linkTarget(path: string, link: Hdf5Link, files: readonly string[]): string {
  const to = link.file === undefined
    ? shorten(link.inner, 80)
    : `${shorten(link.file, 120)}:${shorten(link.inner, 80)}`;
  const where = `${path}: ${shorten(link.path, 80)} is a link to ${to}`;
  if (link.file === undefined) {
    throw new UserError(`${where}, which is not in this file; use another dataset`);
  }
  const target = besides(path, link.file);
  if (target === undefined) {
    throw new UserError(`${where}, which is missing; copy that file next to this one`);
  }
  if (files.includes(target) || files.length > MOST_LINKS) {
    throw new UserError(`${where}, and so on in a cycle; use the file with the voxels`);
  }
  return target;
}

function choose(file: Hdf5File, path: string, inner: string | undefined): Hdf5Dataset {
  if (inner !== undefined) {
    const found = file.find(inner);
    if (found !== undefined) return found;
  }
  const datasets = file.list(inner === undefined ? LEAST_RANK : 2);
  const [first, ...others] = datasets;
  if (inner === undefined && first !== undefined && others.length === 0) return first;
  const listed = datasets.slice(0, MOST_LISTED).map((one) => {
    const unread = unreadFilters(file.filters(one.dataset));
    const filter = unread === "" ? "" : `, with the filter ${unread}, which cannot be read`;
    return `${shorten(one.path, 60)} (${one.dataset.shape?.join(" x ")}${filter})`;
  });
  const more = datasets.length > MOST_LISTED ? ` and ${datasets.length - MOST_LISTED} more` : "";
  const has = listed.length === 0 ? "no volume" : `${listed.join(", ")}${more}`;
  const advice = first === undefined
    ? "check the file"
    : `use one of them, such as ${path}:${shorten(first.path, 60)}`;
  throw new UserError(
    inner === undefined
      ? `${path}: an HDF5 file with ${has}; ${advice}`
      : `${path}: there is no dataset ${shorten(inner, 60)} in this HDF5 file, which has ${has}; ${advice}`,
  );
}

/** Where BigDataViewer keeps the voxels of a time point, a view and a level. */
const BIG_DATA_VIEWER = /^\/?t\d{5}\/s\d{2,}\/\d+\/cells$/;

function hdf5Array(
  file: Hdf5File,
  files: readonly string[],
  [label, found]: readonly [string, string],
  dataset: Dataset,
  shape: readonly number[] | null,
): GridArray {
  const { metadata } = dataset;
  const { size } = metadata;
  const stored = typeOf(label, dataset);
  // BigDataViewer stores unsigned numbers so, since Java has no others (imagej.net/plugins/bdv: "HDF5 file format")
  const isViewers = stored === "int16" && BIG_DATA_VIEWER.test(found);
  const dtype = isViewers ? "uint16" : stored;
  const offset = file.explained(() => offsetOf(dataset));
  const begins = offset === undefined ? [] : [
    `${label}: begins at ${
      [...offset].reverse().join(", ")
    } nm (x, y, z) of the volume that it is a part of; here its first voxel is 0, 0, 0`,
  ];
  const notes = isViewers
    ? [
      ...begins,
      `${label}: its 16-bit numbers are read as unsigned, as BigDataViewer means them, although the file says signed`,
    ]
    : begins;
  if (shape === null || !shape.every((length) => Number.isSafeInteger(length) && length > 0)) {
    throw new UserError(
      `${label}: a dataset of shape [${shape ?? ""}]; expected lengths from 1: save it again`,
    );
  }
  const chunk = metadata.chunks ?? boxOf(shape, size);
  const chunkBytes = chunk.reduce((product, length) => product * length, size);
  if (!(chunkBytes > 0 && chunkBytes <= MAX_CHUNK_BYTES)) {
    throw new UserError(
      `${label}: chunks of [${chunk}], ${chunkBytes} bytes; expected at most ${MAX_CHUNK_BYTES}: store it in smaller chunks`,
    );
  }
  return {
    path: label,
    shape,
    chunk,
    dtype,
    notes,
    files,
    // Stored and decoded by the library, its copy, and ours.
    heldBytes: 5 * chunkBytes,
    // deno-lint-ignore require-await -- rejects instead of throwing, as every source
    load: async (index) => {
      const start = index.map((at, axis) => at * (chunk[axis] ?? 1));
      const box = chunk.map((length, axis) => Math.min(length, (shape[axis] ?? 0) - (start[axis] ?? 0)));
      const bytes = file.read(dataset, start, box);
      return { data: viewAs(dtype, bytes), stride: stridesOf(box) };
    },
    close: () => file.close(),
  };
}

function typeOf(label: string, { metadata }: Dataset): SourceDtype {
  const { type, signed, size } = metadata;
  const kind = type === 1 ? "float" : type === 8 ? "unsigned" : signed ? "signed" : "unsigned";
  const dtype = type === 0 || type === 1 || (type === 8 && size === 1) ? TYPES[`${kind} ${size}`] : undefined;
  if (dtype !== undefined) return dtype;
  throw new UserError(
    `${label}: a dataset of HDF5 class ${type}, ${size} bytes each; expected integers or 32 or 64-bit floats: convert it`,
  );
}

/** Whole rows, then whole slices, as far as the bytes allow. */
function boxOf(shape: readonly number[], size: number): number[] {
  const box = shape.map(() => 1);
  let bytes = size;
  for (const axis of [...shape.keys()].reverse()) {
    const length = shape[axis] ?? 1;
    box[axis] = Math.max(1, Math.min(length, Math.floor(BOX_BYTES / bytes)));
    bytes *= length;
    if (bytes > BOX_BYTES) break;
  }
  return box;
}

/**
 * The shape of a dataset without what fills it up to whole chunks in Imaris files, where attributes beside it tell the image's size; that
 * of other programs' datasets as it is.
 */
function visibleShape(file: Hdf5File, path: string, { shape }: Dataset): readonly number[] | null {
  const channel = /^(\/DataSet\/ResolutionLevel \d+\/TimePoint \d+\/Channel \d+)\/Data$/.exec(path)?.[1];
  if (channel === undefined || shape?.length !== 3) return shape;
  return shape.map((length, axis) => {
    const size = Number(file.attribute(channel, `ImageSize${"ZYX"[axis]}`) ?? NaN);
    return Number.isInteger(size) && size >= 1 && size <= length ? size : length;
  });
}
