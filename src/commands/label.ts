/** `ccboost label`: a stack, or a labelling project, on the page where it is painted. */
import { basename, dirname, join, relative, resolve } from "node:path";
import type { CleftPolarity, RescaleSetting } from "../config/settings.ts";
import { dividePick } from "../config/pick.ts";
import { isAddress } from "../config/location.ts";
import { callbackStage } from "../engine/mod.ts";
import { openFindAll } from "../label/find_all.ts";
import { startLearner } from "../label/learner.ts";
import { LEAST_LEARNING } from "../label/memory_shares.ts";
import { createProject, IMPORT_FOLDER, type LabelProject, openProject } from "../label/project.ts";
import { anisotropyOfVoxels, isProject } from "../label/project_file.ts";
import { typedPath } from "../program_name.ts";
import { convertVolume } from "../stages/convert/convert.ts";
import { conversionNotes } from "../stages/convert/options.ts";
import { UserError } from "../user_error.ts";
import { fileState } from "../volume/file.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { voxelCount, type Zyx } from "../volume/region.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, labelsFlag, rescaleFlag, textOf, voxelSizeFlag } from "./flag_values.ts";
import { isConfiguration } from "./configuration.ts";
import { configuredLabels, withPolarities } from "./label_config.ts";
import { dashboardOptions, loadDashboard, onFreePort, SERVE_FLAGS, stopped, tellAddress } from "./serve.ts";
import { resourcesOf } from "./resource_flags.ts";
import { nameOf } from "./serve_target.ts";
import { conversionMemory, makeFolder, VOLUME_FLAGS, VOLUME_HELP, volumeAt } from "./volumes.ts";
import { PAINTED_LABELS } from "../config/label_values.ts";
import { countImport, type ImportOptions, understandImport } from "../label/import.ts";
import { removeFolder } from "../run/work_folder.ts";
import { describeMeaning, findMeaning, meaningMap } from "../stages/convert/labels.ts";
import { requirePainted } from "../stages/label_counts.ts";

/** What the server and the labels take beside the learning. */
const OWN_MEMORY = 160 * 2 ** 20;
const LEAST_MEMORY = LEAST_LEARNING + OWN_MEMORY;

export const labelCommand: Command = {
  name: "label",
  summary: "paint synapses on a web page",
  operands: [{
    name: "stack",
    help: `the EM volume: ${VOLUME_HELP}; or a configuration, or the folder of a labelling project`,
  }],
  flags: [
    ...SERVE_FLAGS,
    "work",
    "voxel-size",
    "anisotropy",
    "rescale",
    "import",
    "labels-are",
    ...VOLUME_FLAGS,
    "memory",
    "workers",
  ],
  flagHelp: {
    work: "folder of the project (default: <name>-ccboost next to the stack)",
    anisotropy: "voxel size in z divided by that in x and y (default: by the voxel size)",
    rescale:
      "values that become 0 and 255 (default if there are more than 8 bits: auto, percentiles 0.1 and 99.9)",
  },
  leastMemory: () => LEAST_MEMORY,
  description:
    "Opens a stack in the browser, to paint synapses and what is none. Every stroke is saved at once; undo has\n" +
    "no end. A stack that is not Zarr is first converted, into the project's folder. The same command, or one\n" +
    "with the project's folder, goes on where you were. Of a configuration, its training volume is opened with\n" +
    "its labels and polarities. On the page, Find all searches the whole stack and lists its synapses.\n" +
    "Ctrl-C ends the server.",
  examples: [
    "label stack.tif",
    "label stack.tif --import labels.tif --labels-are ids",
    "label stack.tif --voxel-size 4,4,40",
    "label stack-ccboost",
  ],
  run: label,
};

async function label(call: Call): Promise<void> {
  const named = operandAt(call, 0);
  const given = isConfiguration(named) ? named : volumeAt(call, 0);
  // wrong flags are told before anything is converted
  dashboardOptions(call, "");
  for (const check of [rescaleFlag, voxelSizeFlag, anisotropyFlag, labelsFlag, resourcesOf]) {
    check(call.flags);
  }
  const { startDashboard } = await loadDashboard(call);
  const project = await projectOf(call, given);
  try {
    const { root, raw, labels, scores, imports } = project.served;
    const { anisotropy } = project.state();
    const options = {
      ...dashboardOptions(call, root),
      isVolume: true,
      only: [raw, labels, scores, imports],
      ...(anisotropy === null ? {} : { anisotropy }),
      label: project,
    };
    const { memory, ...others } = resourcesOf(call.flags);
    const resources = { ...others, memory: Math.max(1, memory - OWN_MEMORY) };
    const learner = await startLearner(project, resources);
    try {
      const find = await openFindAll(project, learner, resources);
      const dashboard = await onFreePort({ ...options, learner, find }, startDashboard);
      call.reporter.message(`labels are saved in ${typedPath(project.folder)}`);
      tellAddress(call, `${dashboard.url}#/label`);
      await stopped(call.signal);
      await dashboard.close();
      await find.close();
    } finally {
      await learner.close();
    }
  } finally {
    await project.close();
  }
}

/** The project that a user means, begun where there is none. @throws {UserError} where that cannot be */
export async function projectOf(call: Call, given: string): Promise<LabelProject> {
  if (!isConfiguration(given)) return await projectOfStack(call, given);
  const { given: stack, flags, polarities } = await configuredLabels(call, given);
  const folder = resolve(textOf(flags, "work") ?? "");
  if (!isProject(folder)) {
    return await projectOfStack({ ...call, operands: [stack], flags }, stack, polarities);
  }
  // begun, but perhaps stopped before the labels were taken
  const left = new Map([...flags].filter(([name]) => name === "import" || name === "labels-are"));
  for (const [name, values] of call.flags) left.set(name, values);
  return await projectOfStack({ ...call, operands: [folder], flags: left }, folder, polarities);
}

/** @param polarities of a configuration, whose labels are taken unless there are labels already */
async function projectOfStack(
  call: Call,
  given: string,
  polarities?: readonly CleftPolarity[],
): Promise<LabelProject> {
  const named = resolve(operandAt(call, 0));
  const folder = isProject(named) ? named : folderOf(call, given);
  if (!isProject(folder)) await beginProject(call, given, folder);
  const project = await openProject(folder);
  try {
    requireSameStack(project, given);
    const isNew = project.state().seq === 0;
    if (isNew) await importInto(call, project, polarities ?? []);
    else if (call.flags.has("import") && !polarities) {
      throw new UserError(
        `${folder} has labels already; import further ones on its page, or choose another folder with --work`,
      );
    }
    const voxelSize = voxelSizeFlag(call.flags);
    const anisotropy = call.flags.has("anisotropy") ? anisotropyFlag(call.flags) : undefined;
    if (voxelSize || anisotropy !== undefined) await project.set({ voxelSize, anisotropy });
    return project;
  } catch (cause) {
    await project.close();
    throw cause;
  }
}

function folderOf({ flags }: Call, given: string): string {
  const work = textOf(flags, "work");
  if (work !== undefined) return resolve(work);
  const beside = isAddress(given) ? resolve(".") : dirname(resolve(plainPath(given).replace(/[*?].*$/, "x")));
  return join(beside, `${nameOf(plainPath(given))}-ccboost`);
}

async function beginProject(call: Call, given: string, folder: string): Promise<void> {
  const { dtype, shape, notes = [] } = await describeVolumeFile(given);
  const rescale = rescaleFlag(call.flags) ?? (dtype === "uint8" ? undefined : "auto");
  if (fileState(folder) !== undefined && !isBegun(folder)) {
    throw new UserError(
      `${folder} is there already and is not a labelling project; choose another folder with --work`,
    );
  }
  await makeFolder(folder);
  for (const note of notes) call.reporter.warn(note);
  const raw = await rawOf(call, given, folder, { shape, rescale });
  await createProject(folder, raw, {
    format: 1,
    begun: new Date().toISOString(),
    stack: isAddress(given) ? given : relative(folder, resolve(given)),
    raw: relative(folder, raw.path),
    rescale: rescale ?? null,
    voxelSize: raw.voxelSize ?? null,
    anisotropy: raw.voxelSize ? anisotropyOfVoxels(raw.voxelSize) : null,
    learning: null,
  });
}

/** What may be in the folder of a project that was not finished, or in an empty one. */
function isBegun(folder: string): boolean {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .every((name) => /^(raw\.zarr|labels\.zarr|strokes\.log|\..*\.tmp)(\..*)?$/.test(name));
}

/** The stack as Zarr of 8 bits: where it is, or converted into the project. */
async function rawOf(
  call: Call,
  given: string,
  folder: string,
  { shape, rescale }: { readonly shape: Zyx; readonly rescale: RescaleSetting | undefined },
): Promise<ZarrVolume> {
  const { reporter, signal, flags } = call;
  const name = basename(given);
  let converting: ReturnType<typeof callbackStage> | undefined;
  const raw = await convertVolume(given, join(folder, "raw.zarr"), {
    dtype: "uint8",
    rescale,
    voxelSize: voxelSizeFlag(flags),
    anisotropy: 1,
    memory: conversionMemory(call),
    signal,
    ...conversionNotes(reporter, given),
    onRescale: (low, high) => reporter.message(`${name}: values ${low} to ${high} become 0 to 255`),
    onProgress(done) {
      converting ??= callbackStage(reporter, `converting ${name}`, voxelCount(shape));
      converting.onDone(done);
    },
  });
  converting?.done();
  return raw;
}

/** @throws {UserError} where a folder holds the labels of another stack */
function requireSameStack(project: LabelProject, given: string): void {
  const { stack } = project.file();
  const labelled = isAddress(stack) ? stack : resolve(project.folder, stack);
  if (resolve(given) === project.folder || given === labelled || resolve(given) === labelled) return;
  throw new UserError(
    `${project.folder} holds the labels of ${labelled}, not of ${given}; choose another folder with --work`,
  );
}

function plainPath(given: string): string {
  return dividePick(given).text;
}

/** Takes what `--import` names, where it is given. @throws {UserError} where its values do not fit `--labels-are` */
async function importInto(
  call: Call,
  project: LabelProject,
  polarities: readonly CleftPolarity[],
): Promise<void> {
  const { flags, reporter, signal } = call;
  const given = textOf(flags, "import");
  if (given === undefined) return;
  const name = basename(given);
  const { raw: { shape }, store } = project;
  const folder = join(project.folder, IMPORT_FOLDER, "given");
  await removeFolder(folder);
  await Deno.mkdir(folder);
  const stage = callbackStage(reporter, `reading ${name}`, 2 * voxelCount(shape));
  const options: ImportOptions = {
    memory: conversionMemory(call),
    signal,
    onProgress: (done) => stage.onDone(Math.floor(done * voxelCount(shape))),
  };
  const found = await countImport(given, shape, folder, options);
  const rule = labelsFlag(flags);
  if (rule === PAINTED_LABELS) requirePainted(given, found);
  const meaning = rule === PAINTED_LABELS
    ? { negative: [0], positive: [255] }
    : findMeaning(given, rule, found);
  const understood = await understandImport(given, meaningMap(meaning), store.chunks.volume, folder, options);
  await store.takeLabels(
    understood,
    (objects, volume) => withPolarities(objects, volume, polarities, reporter),
  );
  stage.done();
  await removeFolder(folder);
  reporter.message(`${name}: ${understood.synapses} synapses; ${describeMeaning(meaning, found)}`);
}
