/** Channels and orientation of a volume as files, for looking at them and for other programs (docs/algorithm.md, sections 2 and 3). */
import { join, resolve } from "node:path";
import { parseChannelName } from "../channels/mod.ts";
import { diskFiles } from "../config/config_files.ts";
import { floatValue, groupValue, listValue, stringValue } from "../config/config_value.ts";
import { resolveLocation } from "../config/location.ts";
import { formatSettings, type RescaleSetting, type Settings } from "../config/settings.ts";
import type { Problem } from "../config/settings_form.ts";
import { readGroup } from "../config/settings_keys.ts";
import { homesOf } from "../config/settings_homes.ts";
import { TOP_KEYS } from "../config/settings_table.ts";
import { UserError } from "../user_error.ts";
import { type Journal, openJournal } from "../engine/mod.ts";
import { version } from "../version.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount } from "../volume/region.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { defaultChunk, type ZarrVolume } from "../volume/zarr/mod.ts";
import { computedName } from "./channel_list.ts";
import { computedBytes, computedComponents, computedReach } from "./channels_block.ts";
import { exportWithProgress } from "./export/results.ts";
import { convertInput } from "./inputs.ts";
import type { ChannelsJob, ComputedVolume } from "./stage_jobs.ts";
import { planStage } from "../run/plan_stage.ts";
import { runBlocks } from "../run/run_blocks.ts";
import type { RunContext } from "../run/run_context.ts";
import { once } from "../run/once.ts";
import { exists, removeFolder, stageArray } from "../run/work_folder.ts";
import { WORKER_MODULES } from "./worker_modules.ts";
import { blockOutputs } from "./block_outputs.ts";

/** What to compute from which volume, and where to put it. */
interface ChannelsOptions extends Pick<RunContext, "resources" | "reporter" | "signal"> {
  /** A volume of one component: a path, a pattern, `file.h5:/path` or an address. */
  readonly volume: string;
  /** Which values of it become 0 and 255; needed where it has not 8 bits. */
  readonly rescale?: RescaleSetting | undefined;
  /** Made where it is missing. */
  readonly folder: string;
  /** Whether files that exist are replaced. */
  readonly replaces: boolean;
  /** Voxel size in z over voxel size in x and y. */
  readonly anisotropy: number;
  /** What to write, see `channelList`. */
  readonly channels: readonly ComputedVolume[];
  /** The command line, for the journal. */
  readonly command: string;
}

/** A file that was written. */
interface ChannelFile {
  readonly path: string;
  readonly components: number;
  readonly bytes: number;
}

/**
 * Writes each channel and orientation as `<name>.nrrd` (32-bit float, all components of a voxel together) into the folder.
 * What is under way is in `<folder>/.ccboost-work`, from where a stopped run of the same command goes on; it is removed at the
 * end. On disk there is at most one channel at a time besides the files.
 *
 * @throws {UserError} where the volume cannot be read, a file exists and is not to be replaced, the memory does not hold a block, or a file cannot be written
 */
export async function writeChannels(options: ChannelsOptions): Promise<ChannelFile[]> {
  const { volume, anisotropy, channels, resources, reporter, signal, command } = options;
  const folder = resolve(options.folder);
  const workFolder = join(folder, ".ccboost-work");
  const settings = settingsFor(resolveLocation(Deno.cwd(), volume), folder, anisotropy);
  const location = settings.test[0]?.rawVolume ?? volume;
  await describeVolumeFile(volume); // an unreadable volume is told before a folder is made
  const pathOf = (computed: ComputedVolume) => join(folder, `${computedName(computed)}.nrrd`);
  // Where a stopped run left its work folder, the files are its own.
  if (!options.replaces && !await exists(workFolder)) {
    for (const computed of channels) await requireNew(pathOf(computed));
  }
  const journal = await openWorkFolder(workFolder);
  const files: ChannelFile[] = [];
  try {
    await journal.append({
      event: "run-started",
      command,
      version,
      settings: formatSettings(settings),
      time: new Date().toISOString(),
    });
    const context: RunContext = {
      settings,
      polarity: "none",
      resources,
      workerModules: WORKER_MODULES,
      workFolder,
      journal,
      reporter,
      signal,
    };
    const { volume: raw, source } = await convertInput(
      context,
      location,
      "raw",
      options.rescale === undefined ? {} : { rescale: options.rescale },
    );
    for (const computed of channels) {
      const path = pathOf(computed);
      await writeChannel(context, raw, { raw: source, anisotropy }, computed, path);
      const { size } = await Deno.stat(path);
      files.push({ path, components: computedComponents(computed), bytes: size });
    }
    await journal.append({ event: "run-done" });
  } finally {
    await journal.close();
  }
  await removeFolder(workFolder);
  return files;
}

/** The settings of a configuration that learns nothing and has this volume alone. */
function settingsFor(volume: string, folder: string, anisotropy: number): Settings {
  const problems: Problem[] = [];
  const root = groupValue({
    outFileName: stringValue(join(folder, "channels")),
    test: listValue([
      groupValue({ rawVolume: stringValue(volume), zAnisotropyFactor: floatValue(anisotropy) }),
    ]),
  });
  const settings = readGroup(TOP_KEYS, root, "", {
    folder,
    exists: diskFiles.exists,
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
    usualAnisotropy: anisotropy,
    problems,
    homesOf,
  });
  if (settings && problems.length === 0) return settings;
  throw new UserError(problems.map(({ message }) => message).join("\n"));
}

async function requireNew(path: string): Promise<void> {
  if (!await exists(path)) return;
  throw new UserError(`${path} already exists; choose another folder, or use --overwrite to replace it`);
}

async function openWorkFolder(path: string): Promise<Journal> {
  try {
    return await openJournal(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`cannot create the folder ${path}: ${reason}; choose another folder`, { cause });
  }
}

async function writeChannel(
  context: RunContext,
  raw: ZarrVolume,
  input: { readonly raw: unknown; readonly anisotropy: number },
  computed: ComputedVolume,
  path: string,
): Promise<void> {
  const { shape } = raw;
  const name = computedName(computed);
  const { anisotropy } = input;
  const dependsOn = { ...input, shape, computed };
  const run = async () => {
    const chunk = defaultChunk(shape, anisotropy);
    const components = computedComponents(computed);
    const out = await stageArray(join(context.workFolder, `${name}.zarr`), dependsOn, {
      shape,
      chunk,
      dtype: "float32",
      components,
      attributes: voxelSizeAttribute(raw.voxelSize),
    });
    const job: ChannelsJob = { stage: "channels", raw: raw.path, anisotropy, computed, out: out.target.path };
    const plan = planStage(context, {
      shape,
      chunk,
      context: computedReach(computed, anisotropy),
      bytesNeeded: (read, write, threads) => computedBytes(computed, anisotropy, read, write, threads),
      isShared: true,
    });
    const { generation } = out;
    await runBlocks(context, {
      name: `blocks of ${name}`,
      title: name,
      job,
      outputs: blockOutputs(job),
      plan,
      dependsOn: { dependsOn, generation },
    });
    await exportWithProgress(context, out.target, path);
    await removeFolder(out.target.path);
    return { voxels: voxelCount(shape) };
  };
  await once(context, { stage: `channel ${name}`, dependsOn, made: [path], run });
}
