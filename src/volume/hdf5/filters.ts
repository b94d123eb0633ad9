/** The filters that the chunks of HDF5 datasets pass through (registered ones: github.com/HDFGroup/hdf5_plugins). */
import type { Dataset } from "h5wasm";
import { PLUGINS } from "./plugins.ts";

/** A filter of a dataset. */
export interface Hdf5Filter {
  /** HDF5's number. */
  readonly id: number;
  /** As its makers call it. */
  readonly name: string;
  /** Whether its chunks can be read. */
  readonly isRead: boolean;
}

const NAMES: Readonly<Record<number, string>> = {
  1: "gzip",
  2: "shuffle",
  3: "fletcher32",
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  305: "lzo",
  307: "bzip2",
  32000: "lzf",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32017: "sz",
  32019: "jpeg",
  32022: "b3d",
  32024: "sz3",
  32026: "blosc2",
  32030: "jpegxl",
};

/** Filters that the library was built with. */
const BUILT_IN: readonly number[] = [1, 2, 3, 4, 5, 6];

/** Filters with a choice of compressors, the seventh of whose parameters tells which; zlib is one that the plug-ins lack. */
const BLOSC: readonly number[] = [32001, 32026];
const BLOSC_ZLIB = 4;

/** The filters of a dataset, in the order in which they are written. */
export function filtersOf(dataset: Dataset): Hdf5Filter[] {
  return dataset.filters.map(({ id, name, cd_values: parameters }) => {
    const known = NAMES[id] ?? `${name || "filter"} (${id})`;
    const isZlib = BLOSC.includes(id) && parameters[6] === BLOSC_ZLIB;
    return {
      id,
      name: isZlib ? `${known} of zlib` : known,
      isRead: !isZlib && (BUILT_IN.includes(id) || PLUGINS.has(id)),
    };
  });
}

/** Such as `shuffle, lz4 (cannot be read)`; `none` where there are none. */
export function describeFilters(filters: readonly Hdf5Filter[]): string {
  if (filters.length === 0) return "none";
  return filters.map(({ name, isRead }) => isRead ? name : `${name} (cannot be read)`).join(", ");
}
