/** Conversion and export, and how fast the disk is. */
import { join } from "node:path";
import { convertVolume } from "../src/stages/convert/convert.ts";
import { exportVolume } from "../src/stages/export/export.ts";
import { voxelCount } from "../src/volume/region.ts";
import { createZarr, defaultChunk, removeZarr, writeRegion } from "../src/volume/zarr/mod.ts";
import { type Measurement, timeRuns } from "./measure.ts";
import type { Part, Setting } from "./part.ts";
import { mirroredSlice, openTile, writeMirroredTiff } from "./volumes.ts";

export const files: Part = {
  name: "files",
  about: "TIFF to Zarr, Zarr to NRRD, and plain writing to the disk",
  repeat: 5,
  async run(setting) {
    return [await writing(setting), await converting(setting), await exporting(setting)];
  },
};

const MIB = 2 ** 20;

/** Writes as many bytes to one file and waits until they are on the disk. */
async function writing({ folder, sizes, repeat }: Setting): Promise<Measurement> {
  const bytes = voxelCount(sizes.file);
  const part = new Uint8Array(Math.min(MIB, bytes)).fill(1);
  const path = join(folder, "plain.bin");
  const seconds = await timeRuns(repeat, () => {
    using file = Deno.openSync(path, { write: true, create: true, truncate: true });
    for (let at = 0; at < bytes; at += part.length) file.writeSync(part);
    file.syncSync();
  });
  await Deno.remove(path);
  return {
    name: "disk write",
    unit: "bytes/s",
    amount: bytes,
    seconds,
    note: "one file, until it is on the disk",
  };
}

async function converting(setting: Setting): Promise<Measurement> {
  const { folder, sizes, repeat } = setting;
  const input = await writeMirroredTiff(folder, "isotropic", sizes.file, sizes);
  const output = join(folder, "converted.zarr");
  const seconds: number[] = [];
  for (let i = 0; i < repeat; i++) {
    seconds.push(...await timeRuns(1, () => convertVolume(input, output, { dtype: "uint8", anisotropy: 1 })));
    removeZarr(output);
  }
  const note = `${sizes.file.join(" x ")} bytes, uncompressed`;
  return {
    name: "convert tiff",
    unit: "bytes/s",
    amount: voxelCount(sizes.file),
    seconds,
    bound: 250e6,
    note,
  };
}

/** Exports scores: float32 that are equal throughout a supervoxel, compressed with zstd as a run leaves them. */
async function exporting({ folder, sizes, repeat }: Setting): Promise<Measurement> {
  const [depth, ny, nx] = sizes.file;
  const shape = [Math.ceil(depth / 4), ny, nx] as const;
  const chunk = defaultChunk(shape, 1);
  const volume = await createZarr(join(folder, "scores.zarr"), { shape, chunk, dtype: "float32" });
  const tile = await openTile(folder, "isotropic", sizes);
  const slice = new Uint8Array(ny * nx);
  for (let z = 0; z < shape[0]; z += chunk[0]) {
    const slices = Math.min(chunk[0], shape[0] - z);
    const band = new Float32Array(slices * ny * nx);
    for (let i = 0; i < slices; i++) {
      mirroredSlice(tile, (z + i) >> 1, shape, slice);
      band.set(Float32Array.from(slice, (_, at) => Math.fround((slice[at & ~1] ?? 0) / 77)), i * ny * nx);
    }
    await writeRegion(volume, { start: [z, 0, 0], shape: [slices, ny, nx] }, band);
  }
  const output = join(folder, "scores.nrrd");
  const seconds = await timeRuns(repeat, () => exportVolume(volume, output));
  await Deno.remove(output);
  removeZarr(volume.path);
  return {
    name: "export nrrd",
    unit: "bytes/s",
    amount: voxelCount(shape) * 4,
    seconds,
    note: `${shape.join(" x ")} float32, from zstd`,
  };
}
