/** What `serve` is to show: a run's work folder, or a volume, which becomes Zarr where it is none. */
import { basename, dirname, join, resolve } from "node:path";
import { isAddress } from "../config/location.ts";
import { UserError } from "../user_error.ts";
import { callbackStage } from "../engine/mod.ts";
import { isProject } from "../label/project_file.ts";
import { commandLine, typedPath } from "../program_name.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import { fileState } from "../volume/file.ts";
import { keptDtype } from "../volume/dtype.ts";
import { describeVolumeFile, openVolume, type VolumeDescription } from "../volume/open.ts";
import { voxelCount } from "../volume/region.ts";
import { nameOfVolume } from "../volume/volume_name.ts";
import type { Call } from "./command.ts";
import { isConfiguration, loadConfiguration } from "./configuration.ts";
import { textOf, voxelSizeFlag } from "./flag_values.ts";
import { workFolderOf } from "./run_settings.ts";
import { isWorkFolder } from "./scores_of.ts";
import { pathBelow, stackNear, workFoldersIn } from "./stack_near.ts";
import { conversionMemory, makeFolder } from "./volumes.ts";
import { conversionNotes } from "../stages/convert/options.ts";

/** What is shown. */
interface ServeTarget {
  /** Absolute path of the folder that the server reads. */
  readonly folder: string;
  /** The only arrays of it that are shown, paths below it. */
  readonly only?: readonly string[];
  /** Voxel size in z over voxel size in x and y, for arrays that do not tell. */
  readonly anisotropy?: number;
  /** Whether it is a volume and no run. */
  readonly isVolume?: boolean;
}

/** Finds what a user means. @throws {UserError} where there is nothing to show, with the work folders near it */
export async function serveTarget(call: Call, given: string): Promise<ServeTarget> {
  if (isAddress(given)) return await volumeTarget(call, given);
  if (await isWorkFolder(given)) return { folder: resolve(given) };
  const state = fileState(given);
  if (state?.isDirectory) return await folderTarget(call, given);
  if (isConfiguration(given)) return await configTarget(call, given);
  if (state || /[*?]|:\//.test(given)) return await volumeTarget(call, given);
  throw new UserError(`${given}: no such file or folder${near(workFoldersIn(dirname(resolve(given))))}`);
}

async function folderTarget(call: Call, given: string): Promise<ServeTarget> {
  const inside = workFoldersIn(resolve(given));
  const [only] = inside;
  if (only !== undefined && inside.length === 1) {
    call.reporter.message(`${given} is not a work folder; showing the work folder in it, ${typedPath(only)}`);
    return { folder: only };
  }
  if (inside.length > 1) throw new UserError(`${given} is not a work folder${near(inside)}`);
  if (isProject(given)) {
    throw new UserError(
      `${given} is a labelling project, not the work folder of a run; to paint in it: ${
        commandLine(["label", given])
      }`,
    );
  }
  try {
    await describeVolumeFile(given);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const around = workFoldersIn(dirname(resolve(given)));
    throw new UserError(`${given} is neither the work folder of a run nor a volume${near(around)}`, {
      cause,
    });
  }
  return await volumeTarget(call, given);
}

/** The work folder of the run of a configuration. */
async function configTarget(call: Call, given: string): Promise<ServeTarget> {
  const folder = workFolderOf(call.flags, await loadConfiguration(given, call.flags));
  if (await isWorkFolder(folder)) return { folder };
  throw new UserError(
    `${given} has not been run yet; run it first: ${commandLine(["run", given, "--serve"])}`,
  );
}

/** A volume as Zarr; one that numbers synapses over the stack that it belongs to, where that is near. */
async function volumeTarget(call: Call, given: string): Promise<ServeTarget> {
  const volume = await describeVolumeFile(given);
  const target = await arrayTarget(call, given, volume);
  const near = isAddress(given) ? undefined : await stackNear(resolve(given), volume);
  const folder = dirname(resolve(given));
  const only = near && [target.path, near.path].flatMap((path) => pathBelow(folder, path) ?? []);
  if (near && only?.length === 2) {
    call.reporter.message(`showing it over ${typedPath(near.path)}`);
    return { folder, only, anisotropy: near.anisotropy, isVolume: true };
  }
  return { folder: target.folder, only: [pathBelow(target.folder, target.path) ?? ""], isVolume: true };
}

/** A Zarr array where it is; anything else as a copy in `<name>-view`, which is used again. */
async function arrayTarget(
  call: Call,
  given: string,
  { shape, dtype }: Pick<VolumeDescription, "shape" | "dtype">,
): Promise<{ readonly folder: string; readonly path: string }> {
  const { flags, reporter, signal } = call;
  const opened = await openVolume(given);
  if (opened.kind === "zarr" && !isAddress(given)) {
    const path = resolve(given);
    return { folder: dirname(path), path };
  }
  if (opened.kind !== "zarr") opened.source.close();
  const stem = nameOfVolume(given);
  const beside = isAddress(given) ? resolve(".") : dirname(resolve(given.replace(/[*?].*$/, "x")));
  const folder = resolve(textOf(flags, "work") ?? join(beside, `${stem}-view`));
  await makeFolder(join(folder, "volumes"));
  const stage = callbackStage(reporter, `converting ${basename(given)} for viewing`, voxelCount(shape));
  const path = join(folder, "volumes", `${stem}.zarr`);
  await convertVolume(given, path, {
    dtype: keptDtype(dtype),
    voxelSize: voxelSizeFlag(flags),
    anisotropy: 1,
    anyComponents: true,
    memory: conversionMemory(call),
    signal,
    ...conversionNotes(reporter, given),
    onProgress: stage.onDone,
  });
  stage.done();
  reporter.message(`${typedPath(folder)} has the converted copy; you can remove it at any time`);
  return { folder, path };
}

function near(folders: readonly string[]): string {
  if (folders.length === 0) return "; give the work folder of a run, such as out-work, or a volume";
  const lines = folders.map((path) => `  ${commandLine(["serve", path])}`);
  return "; there " +
    `${folders.length === 1 ? "is this work folder" : "are these work folders"}:\n${lines.join("\n")}`;
}
