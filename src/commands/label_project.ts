/** The labelling project that a user means: opened, begun where there is none, and given further stacks. */
import { basename, dirname, join, resolve } from "node:path";
import { isAddress } from "../config/location.ts";
import { dividePick } from "../config/pick.ts";
import { callbackStage } from "../engine/mod.ts";
import { addStack, type BeginOptions, beginStack, stackOf } from "../label/begin_stack.ts";
import { type LabelProject, openProject } from "../label/project.ts";
import { anisotropyOfVoxels, isProject } from "../label/project_file.ts";
import type { LabelStack } from "../label/stack.ts";
import { conversionNotes } from "../stages/convert/options.ts";
import { UserError } from "../user_error.ts";
import { fileState } from "../volume/file.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { nameOfVolume } from "../volume/volume_name.ts";
import type { Call } from "./command.ts";
import { isConfiguration } from "./configuration.ts";
import { anisotropyFlag, rescaleFlag, textOf, voxelSizeFlag } from "./flag_values.ts";
import { configuredLabels, type GivenStack } from "./label_config.ts";
import { importInto } from "./label_import.ts";
import { conversionMemory, makeFolder, volumeNamed } from "./volumes.ts";

/** The project that a user means. @throws {UserError} where that cannot be */
export async function projectOf(call: Call): Promise<LabelProject> {
  const { operands: [named = "", ...further], flags } = call;
  const isNamed = isProject(resolve(named));
  const configured = isConfiguration(named) ? await configuredLabels(call, named) : undefined;
  const typed = (text: string): GivenStack => ({ given: volumeNamed(text, flags), flags });
  const [first = typed(named), ...others] = [...configured?.stacks ?? [typed(named)], ...further.map(typed)];
  const folder = configured?.folder ?? (isNamed ? resolve(named) : folderOf(call, first.given));
  const isNew = !isProject(folder);
  const imports = configured === undefined && flags.has("import");
  if (isNew && imports) requireOne(1 + others.length);
  if (isNew) await beginProject({ ...call, flags: first.flags }, first.given, folder);
  const project = await openProject(folder);
  try {
    if (!isNamed) requireSameStack(project, first.given);
    const stacks = [first, ...others].map((given, place) => ({
      ...given,
      stack: place === 0 ? project : stackOf(project, given.given),
    }));
    if (imports) requireOne(stacks.filter(({ stack }) => !stack || isUntouched(stack)).length, folder);
    for (const { given, flags, polarities = [], ...known } of stacks) {
      const own = { ...call, flags };
      const stack = known.stack ?? await furtherStack(own, project, given);
      if (isUntouched(stack)) await importInto(own, stack, polarities);
    }
    await setSize(isNew ? first : { flags }, project);
    return project;
  } catch (cause) {
    await project.close();
    throw cause;
  }
}

/** Whether nothing was done to a stack's labels yet; of a configuration it may be that it was stopped before they were taken. */
function isUntouched(stack: LabelStack): boolean {
  return stack.state().seq === 0;
}

/** @param count stacks without labels, one of which `--import` is meant for @param folder of a project that is there */
function requireOne(count: number, folder?: string): void {
  if (count === 1) return;
  const how = "import further ones on its page, or choose another folder with --work";
  throw new UserError(
    count === 0
      ? `${folder} has labels already; ${how}`
      : `--import has the labels of one stack, but ${count} are without labels; begin with one of them, and ${how}`,
  );
}

/** What was told of voxels is so for all stacks. */
async function setSize({ flags }: Pick<GivenStack, "flags">, project: LabelProject): Promise<void> {
  const voxelSize = voxelSizeFlag(flags);
  const told = flags.has("anisotropy") ? anisotropyFlag(flags) : undefined;
  const anisotropy = told ?? (voxelSize && anisotropyOfVoxels(voxelSize));
  if (anisotropy === undefined) return;
  for (const stack of project.stacks()) await stack.set({ voxelSize, anisotropy });
}

function folderOf({ flags }: Call, given: string): string {
  const work = textOf(flags, "work");
  if (work !== undefined) return resolve(work);
  const plain = dividePick(given).text;
  const beside = isAddress(given) ? resolve(".") : dirname(resolve(plain.replace(/[*?].*$/, "x")));
  return join(beside, `${nameOfVolume(plain)}-ccboost`);
}

async function beginProject(call: Call, given: string, folder: string): Promise<void> {
  await describeVolumeFile(given); // before anything is made
  if (fileState(folder) !== undefined && !isBegun(folder)) {
    throw new UserError(
      `${folder} is there already and is not a labelling project; choose another folder with --work`,
    );
  }
  await makeFolder(folder);
  const converting = conversionOf(call, given);
  await beginStack(given, folder, converting.options);
  converting.done();
}

async function furtherStack(call: Call, project: LabelProject, given: string): Promise<LabelStack> {
  const converting = conversionOf(call, given);
  const stack = await addStack(project, given, converting.options);
  converting.done();
  return stack;
}

/** What may be in the folder of a project that was not finished, or in an empty one. */
function isBegun(folder: string): boolean {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name)
    .every((name) => /^(raw\.zarr|labels\.zarr|strokes\.log|\..*\.tmp)(\..*)?$/.test(name));
}

/** How a stack is converted, and told of. */
function conversionOf(call: Call, given: string): { readonly options: BeginOptions; done(): void } {
  const { reporter, signal, flags } = call;
  const name = basename(given);
  let stage: ReturnType<typeof callbackStage> | undefined;
  const options: BeginOptions = {
    voxelSize: voxelSizeFlag(flags),
    rescale: rescaleFlag(flags),
    warn: (note) => reporter.warn(note),
    converting: {
      memory: conversionMemory(call),
      signal,
      ...conversionNotes(reporter, given),
      onRescale: (low, high) => reporter.message(`${name}: values ${low} to ${high} become 0 to 255`),
      onProgress(done, total) {
        stage ??= callbackStage(reporter, `converting ${name}`, total);
        stage.onDone(done);
      },
    },
  };
  return { options, done: () => stage?.done() };
}

/** @throws {UserError} where a folder holds the labels of another stack */
function requireSameStack(project: LabelProject, given: string): void {
  if (stackOf(project, given) === project.stacks()[0]) return;
  const { stack } = project.file();
  const labelled = isAddress(stack) ? stack : resolve(project.folder, stack);
  throw new UserError(
    `${project.folder} holds the labels of ${labelled}, not of ${given}; choose another folder with --work`,
  );
}
