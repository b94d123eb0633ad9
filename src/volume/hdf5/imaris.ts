/** Imaris files: HDF5 whose datasets are filled up to whole chunks; attributes beside them tell the image's size. */
import type { Dataset } from "h5wasm";
import type { Hdf5File } from "./file.ts";

/** The shape of a dataset without what fills it up; that of other programs' datasets as it is. */
export function visibleShape(file: Hdf5File, path: string, { shape }: Dataset): readonly number[] | null {
  const channel = /^(\/DataSet\/ResolutionLevel \d+\/TimePoint \d+\/Channel \d+)\/Data$/.exec(path)?.[1];
  if (channel === undefined || shape?.length !== 3) return shape;
  return shape.map((length, axis) => {
    const size = Number(file.attribute(channel, `ImageSize${"ZYX"[axis]}`) ?? NaN);
    return Number.isInteger(size) && size >= 1 && size <= length ? size : length;
  });
}
