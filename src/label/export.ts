/** Writes what a project has labelled as a configuration and labels for `ccboost run`. */
import { join, relative } from "node:path";
import { commandLine } from "../program_name.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { CleftPolarity } from "../config/settings_types.ts";
import { UserError } from "../user_error.ts";
import { fileError, writeFileAtomic } from "../volume/file.ts";
import { voxelSizeAttribute } from "../volume/voxel_size.ts";
import { createZarr, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { learnValues } from "./learn_settings.ts";
import type { LabelProject } from "./project.ts";
import { labelValues, polarityEntries, settingsOf, usedObjects } from "./project_settings.ts";
import type { LabelState } from "./state.ts";
import { makeTruth, type PaintedChunk } from "./truth.ts";

/** What was written. */
export interface Exported {
  /** Paths of the configuration and the labels. */
  readonly files: readonly [config: string, labels: string];
  /** The line to paste that learns from them and scores the stack. */
  readonly command: string;
}

const FOLDER = "export";

/**
 * Writes `config.cfg` and `labels.zarr` into the folder `export` of a project; those of an export before are replaced. Strokes
 * wait while the labels are copied.
 * @throws {UserError} where there is nothing to learn from, or it cannot be written
 */
export async function exportProject(project: LabelProject): Promise<Exported> {
  const folder = join(project.folder, FOLDER);
  const partial = join(folder, "labels.zarr.partial");
  const truthFolder = join(folder, "truth.partial");
  await Deno.mkdir(folder, { recursive: true });
  for (const before of [partial, truthFolder]) await removeFolder(before);
  const { state, painted, used, polarity } = await project.store.still(async () => {
    const state = project.state();
    const of = usedObjects(state.objects, state.notVoxels);
    const painted = project.store.chunks.painted();
    await copyLabels(project.store.chunks.volume, painted, partial, state);
    return { state, painted, ...of };
  });
  const { anisotropy } = state;
  if (anisotropy === null) throw new UserError("say how large the voxels are first");
  let entries: readonly CleftPolarity[] = [];
  if (polarity === "config") {
    await Deno.mkdir(truthFolder);
    const train = { rawVolume: project.raw.path, groundTruth: partial };
    const { minPosRegionSize: minSize } = settingsOf({ outFileName: "out", train }, folder);
    const labels = await openZarr(partial);
    try {
      const truth = await makeTruth({ labels, painted, used: new Set(used), minSize, folder: truthFolder });
      entries = await polarityEntries(truth, labels, state.objects);
    } finally {
      await removeFolder(truthFolder);
    }
  }
  const labels = join(folder, "labels.zarr");
  const config = join(folder, "config.cfg");
  await removeFolder(labels);
  await Deno.rename(partial, labels);
  const raw = relative(folder, project.raw.path).replaceAll("\\", "/");
  await writeFileAtomic(config, configText({ ...state, anisotropy }, { raw, used, entries, polarity }));
  const command = commandLine(["run", config, ...(polarity === "none" ? ["--polarity", "none"] : [])]);
  return { files: [config, labels], command };
}

/** Copies the files of chunks. */
async function copyLabels(
  labels: ZarrVolume,
  painted: readonly PaintedChunk[],
  path: string,
  { voxelSize }: LabelState,
): Promise<void> {
  const { shape, chunk, dtype } = labels;
  const attributes = voxelSizeAttribute(voxelSize ?? undefined);
  await createZarr(path, { shape, chunk, dtype, codec: "zstd", attributes });
  for (const { at: [z, y, x] } of painted) {
    try {
      await Deno.mkdir(`${path}/c/${z}/${y}`, { recursive: true });
      await Deno.copyFile(`${labels.path}/c/${z}/${y}/${x}`, `${path}/c/${z}/${y}/${x}`);
    } catch (cause) {
      throw fileError(`${path}/c/${z}/${y}/${x}`, "write", cause);
    }
  }
}

/** What of a project its configuration tells. */
interface Told {
  readonly raw: string;
  readonly used: readonly number[];
  readonly entries: readonly CleftPolarity[];
  readonly polarity: "config" | "none";
}

function configText(
  { objects, notVoxels, anisotropy, voxelSize, learning }: LabelState & { readonly anisotropy: number },
  { raw, used, entries, polarity }: Told,
): string {
  const leftOut = objects.filter(({ id, voxels }) => voxels > 0 && !used.includes(id));
  const names = objects.filter(({ id }) => used.includes(id)).map(({ id, name }) =>
    `${id} ${commented(name)}`
  );
  const { volume, svox } = learnValues(learning);
  const volumeLines = Object.entries(volume).map(([key, value]) =>
    `${key} = ${typeof value === "string" ? quoted(value) : `[${value.map(quoted).join(", ")}]`};`
  );
  const size = voxelSize && [...voxelSize].reverse().map(float).join(", ");
  const line = `ccboost run config.cfg${polarity === "none" ? " --polarity none" : ""}`;
  return [
    `// Written by ccboost label: ${used.length} synapses, and ${notVoxels} voxels that are none.`,
    `// To learn from them and score the stack: ${line}`,
    ...(polarity === "none" ? ["// Not every synapse has its polarity, so none is used."] : []),
    "// docs/settings.md explains every key, and those that are left out.",
    "",
    'outFileName = "out";',
    ...(svox ? [`svox: { seed = ${svox.seed}; };  // distance of the seeds of supervoxels`] : []),
    "",
    "train: {",
    `  rawVolume = ${quoted(raw)};`,
    "  // 0: nobody has said; 1: no synapse; from 2 on the synapses:",
    ...names.map((name) => `  //   ${name}`),
    '  groundTruth = "labels.zarr";',
    `  labels = "${labelValues(used)}";  // what is no synapse / the synapses`,
    ...(leftOut.length > 0
      ? [
        `  // left out, because their polarity cannot be told: ${
          leftOut.map(({ name }) => commented(name)).join(", ")
        }`,
      ]
      : []),
    `  zAnisotropyFactor = ${float(anisotropy)};  // voxel size in z over that in x and y`,
    ...(size ? [`  voxelSize = [${size}];  // nm, x, y, z`] : []),
    ...volumeLines.map((line) => `  ${line}`),
    ...(entries.length > 0
      ? [
        "  // from each cleft towards its vesicles, x, y, z",
        "  ccPolarity = (",
        entries.map(({ pos, polarity }) =>
          `    { pos = [${pos.join(", ")}]; polarity = [${polarity.join(", ")}]; }`
        )
          .join(",\n"),
        "  );",
      ]
      : []),
    "};",
    "",
    "// what is scored: this stack, or others after it, with commas between",
    `test = ( { ${[`rawVolume = ${quoted(raw)};`, ...volumeLines].join(" ")} } );`,
    "",
  ].join("\n");
}

/** A name in a comment: on one line. */
function commented(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A text of libconfig. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function float(value: number): string {
  return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
}
