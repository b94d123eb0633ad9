/** What tests of volume files share. */
import { type ConvertOptions, convertVolume } from "../../src/stages/convert/convert.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { readRegion } from "../../src/volume/zarr/mod.ts";
import { createNrrd, type NrrdInfo } from "../../src/volume/nrrd/write.ts";
import { createTiff, type TiffInfo } from "../../src/volume/tiff/write.ts";
import type { OutputFile, RowWriter } from "../../src/volume/output_file.ts";

export { noise } from "./tiff_files.ts";

/** Converts a file and returns all voxels. */
export async function converted(path: string, out: string, options: Partial<ConvertOptions> = {}) {
  const volume = await convertVolume(path, out, { dtype: "uint8", anisotropy: 1, ...options });
  const voxels = new Uint8Array(volume.shape[0] * volume.shape[1] * volume.shape[2]);
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return { volume, voxels };
}

/**
 * Writes an NRRD file from its voxels in the order `z, y, x, component`, little-endian, cut anywhere.
 * @throws RangeError if they are too few or too many; UserError if the file cannot be written. Then there is no file
 */
export async function writeNrrd(
  path: string,
  info: NrrdInfo,
  slabs: AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeStream(createNrrd(path, info), info.shape[0], slabs);
}

/**
 * Writes a TIFF stack from its voxels in the order `z, y, x`, little-endian, cut anywhere.
 * @throws RangeError if they are too few or too many; UserError if the file cannot be written. Then there is no file
 */
export async function writeTiff(
  path: string,
  info: TiffInfo,
  slices: AsyncIterable<Uint8Array>,
): Promise<void> {
  await writeStream(createTiff(path, info), info.shape[0], slices);
}

/**
 * Fills a volume file from a stream of bytes in the order of the file, cut anywhere.
 * @throws RangeError if the stream is shorter or longer than the volume; then there is no file
 */
async function writeStream(
  { file, place: { dataStart, rowBytes, rows }, ...writer }: RowWriter & { readonly file: OutputFile },
  slices: number,
  parts: AsyncIterable<Uint8Array>,
): Promise<void> {
  const bytes = slices * rows * rowBytes;
  let written = 0;
  try {
    for await (const part of parts) {
      if (written + part.length <= bytes) file.write(dataStart + written, part);
      written += part.length;
    }
    if (written !== bytes) throw new RangeError(`${written} bytes of voxels for a file of ${bytes}`);
  } catch (cause) {
    writer.abandon();
    throw cause;
  }
  writer.complete();
}

/** A stream of all bytes at once. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
