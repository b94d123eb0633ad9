/** A disk that is full at any page: every command says so in one line, and none calls it an internal error. */
import assert from "node:assert/strict";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import {
  ccboost as startCcboost,
  ccboostHere as ccboost,
  writeScores,
  writeTiffFile,
} from "../helpers/cli_process.ts";
import { inFileSystem, whyNoMount } from "../helpers/mount.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const why = await whyNoMount();
const mounted = { ignore: why !== undefined };
const skipped = why === undefined ? "" : ` (skipped: ${why})`;
const PAGE = 4096;
const SHAPE: Zyx = [20, 40, 40];

/** Leaves so many pages of the file system free. */
function fill(folder: string, pages: number): void {
  using file = Deno.openSync(`${folder}/filler`, { write: true, create: true, truncate: true });
  let size = 0;
  try {
    for (;;) size += file.writeSync(new Uint8Array(PAGE));
  } catch (cause) {
    if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "ENOSPC") throw cause;
  }
  file.truncateSync(Math.max(0, size - pages * PAGE));
}

/** Command lines that write to the folder `disk` what they read from `files`. */
const COMMANDS: Readonly<Record<string, (files: string, disk: string) => readonly string[]>> = {
  "convert": (files, disk) => ["convert", `${files}/raw.tif`, `${disk}/o.zarr`],
  "convert --rescale auto": (
    files,
    disk,
  ) => ["convert", `${files}/s.nrrd`, `${disk}/o.zarr`, "--rescale", "auto"],
  "export to TIFF": (files, disk) => ["export", `${files}/raw.tif`, `${disk}/o.tif`],
  "export to NRRD": (files, disk) => ["export", `${files}/raw.tif`, `${disk}/o.nrrd`],
  "export to HDF5": (files, disk) => ["export", `${files}/raw.tif`, `${disk}/o.h5`],
  "export to OME-Zarr": (files, disk) => ["export", `${files}/raw.tif`, `${disk}/o.ome.zarr`],
  "erode-dilate": (files, disk) => ["erode-dilate", `${files}/labels.tif`, "1", "2", `${disk}/o.tif`],
  "evaluate": (files, disk) => [
    ...["evaluate", `${files}/s.nrrd`, `${files}/labels.tif`, "--html", `${disk}/o.html`],
    ...["--curves", `${disk}/o.csv`, "--work", disk],
  ],
  "synapses": (files, disk) => [
    ...["synapses", `${files}/s.nrrd`, "--threshold", "1", "--min-size", "1", "--out", `${disk}/s`],
  ],
  "channels": (files, disk) => ["channels", `${files}/raw.tif`, `${disk}/c`, "--only", "gauss-s1.0"],
};

async function writeFiles(folder: string): Promise<void> {
  const noise = Uint8Array.from({ length: voxelCount(SHAPE) }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
  await writeTiffFile(`${folder}/raw.tif`, noise, SHAPE);
  await writeTiffFile(`${folder}/labels.tif`, noise.map((value) => value > 200 ? 255 : 0), SHAPE);
  await writeScores(`${folder}/s.nrrd`, [...noise].map((value) => value / 100), SHAPE);
}

for (const [name, line] of Object.entries(COMMANDS)) {
  Deno.test({
    name: `ccboost ${name} says that no space is left, wherever it ends${skipped}`,
    ...mounted,
    fn: () =>
      inTempFolder(async (files) => {
        await writeFiles(files);
        await inFileSystem("2m", async (disk) => {
          let refused = 0;
          for (let pages = 0;; pages += Math.max(1, Math.floor(pages / 3))) {
            fill(disk, pages);
            const { code, err } = await (pages === 0 ? startCcboost : ccboost)(
              ...line(files, disk),
              "--quiet",
            );
            if (code === 0) break;
            assert.equal(code, 2, `${pages} pages free: ${err}`);
            assert.match(err, /^error: .*[Nn]o space left/, `${pages} pages free`);
            assert.equal(err.trim().split("\n").length, 1, err);
            refused++;
            for (const { name } of Deno.readDirSync(disk)) {
              Deno.removeSync(`${disk}/${name}`, { recursive: true });
            }
          }
          assert.ok(refused >= 2);
        });
      }),
  });
}
