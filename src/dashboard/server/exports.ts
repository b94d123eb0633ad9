/** Tables of a run and their label volumes in other formats, made when they are asked for and kept in the work folder. */
import { dirname, join } from "node:path";
import { makeOnce } from "./make_once.ts";
import { exportVolume } from "../../stages/export/export.ts";
import { exportParquet, isTableName } from "../../stages/export/table/parquet.ts";
import { scoresPath } from "../../stages/score/score_files.ts";
import { keptAnisotropy } from "../../stages/synapses/kept.ts";
import { UserError } from "../../user_error.ts";
import { exists } from "../../run/work_folder.ts";
import { fileState, makeFolderOf, removeIfExists } from "../../volume/file.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { MadeExport } from "../api.ts";
import { type ContainedFile, containedFile, containedPath } from "./files.ts";
import { afterPrefix } from "./results.ts";

/** Folder of a work folder that has them. */
const FOLDER = "exports";
/** What follows the name of the outputs in the name of an export. */
const NAME = /^-(\d{1,6})(?:-reviewed|-chosen)?-synapses\.(?:obj|stl|tif|parquet)$/;
/** Bytes for voxels and meshes, beside what the server needs. Of one synapse 230,000 triangles fit. */
const MEMORY = 48 * 2 ** 20;

/** Makes exports of a work folder, each once at a time. */
export function createExports(workFolder: string) {
  const once = makeOnce<MadeExport>();
  return {
    /**
     * Makes a file, unless one is there that is newer than its table.
     * @param name such as `out-0-synapses.stl`
     * @throws {UserError} where there is no such table, or the file cannot be made
     */
    make(name: string): Promise<MadeExport> {
      return once(name, () => makeExport(workFolder, name));
    },
    /** A file that was made; undefined where it was not. */
    async file(urlName: string): Promise<ContainedFile | undefined> {
      return await containedFile(workFolder, `${FOLDER}/${urlName}`);
    },
  };
}

async function makeExport(workFolder: string, name: string): Promise<MadeExport> {
  const [, volume] = NAME.exec(afterPrefix(workFolder, name)) ?? [];
  if (volume === undefined) throw new UserError(`${name} is not the name of an export of this run`);
  const folder = dirname(workFolder), stem = name.replace(/\.\w+$/, "");
  const csv = await containedPath(folder, encodeURIComponent(`${stem}.csv`));
  const table = csv === undefined ? undefined : fileState(csv);
  if (csv === undefined || table === undefined) {
    throw new UserError(`${stem}.csv: there is no such table; list the synapses first`);
  }
  const path = join(workFolder, FOLDER, name);
  const made = fileState(path);
  if (made === undefined || made.mtime < table.mtime) {
    await makeFolderOf(path);
    removeIfExists(path);
    if (isTableName(name)) await exportParquet(csv, path);
    else await exportLabels(workFolder, join(folder, `${stem}.zarr`), path, Number(volume));
  }
  return { url: `/exports/${encodeURIComponent(name)}`, bytes: fileState(path)?.bytes ?? 0 };
}

async function exportLabels(workFolder: string, labels: string, path: string, volume: number): Promise<void> {
  const scores = scoresPath(workFolder, volume);
  const anisotropy = await exists(scores) ? keptAnisotropy(await openZarr(scores)) : undefined;
  await exportVolume(await openZarr(labels), path, {
    memory: MEMORY,
    ...(anisotropy === undefined ? {} : { anisotropy }),
  });
}
