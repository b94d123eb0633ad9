/** Rows of voxels that lie in a file as they are, one behind the other. */
import { bytesPerVoxel } from "./dtype.ts";
import { readExactly } from "./file.ts";
import type { RowSource } from "./source.ts";

/** How rows are read. */
export type Rows = Pick<RowSource, "access" | "heldBytes" | "readRows" | "finish" | "close">;

/**
 * Reads the rows of an open file of one component, which `close` closes.
 * @param start byte at which the voxels begin
 */
export function plainRows(
  file: Deno.FsFile,
  { path, shape, dtype }: Pick<RowSource, "path" | "shape" | "dtype">,
  start: number,
): Rows {
  const rowBytes = shape[2] * bytesPerVoxel(dtype);
  return {
    access: "random",
    heldBytes: 0,
    // deno-lint-ignore require-await -- rejects instead of throwing, as every source
    readRows: async (z, y, rows, out) =>
      readExactly(file, path, start + (z * shape[1] + y) * rowBytes, out.subarray(0, rows * rowBytes)),
    finish: () => Promise.resolve(),
    close: () => file.close(),
  };
}
