/** `project.json`: what a labelling project is about. */
import { join } from "node:path";
import type { RescaleSetting } from "../config/settings_types.ts";
import { UserError } from "../user_error.ts";
import { isLearnSettings } from "./learn_settings.ts";
import type { LearnSettings } from "./state.ts";
import { fileState, writeFileAtomic } from "../volume/file.ts";
import { toLength, type VoxelSize } from "../volume/voxel_size.ts";

/** What the file holds. Paths are relative to the project's folder where they can be. */
export interface ProjectFile {
  /** Of this file: 2 where there are further stacks, which versions before would lose. */
  readonly format: 1 | 2;
  /** When the project was begun, ISO 8601. */
  readonly begun: string;
  /** What was opened. */
  readonly stack: string;
  /** The Zarr array of the stack. */
  readonly raw: string;
  /** Which values became 0 and 255; null where it has 8 bits. */
  readonly rescale: RescaleSetting | null;
  /** Nanometres on each axis; null until it is known. */
  readonly voxelSize: VoxelSize | null;
  /** Voxel size in z over voxel size in x and y; null until it is known. */
  readonly anisotropy: number | null;
  /** How it learns; null: as usual. */
  readonly learning: LearnSettings | null;
  /** Folders of further stacks. */
  readonly stacks?: readonly string[] | undefined;
  /** Of a further stack: the folder of its project, which has the anisotropy and how it learns. */
  readonly project?: string | undefined;
}

/** Of this file: the latest one. */
const FORMAT = 2;

const NAME = "project.json";
/** Name of the file of changes. */
export const LOG = "strokes.log";

/** Whether a folder is a labelling project. */
export function isProject(folder: string): boolean {
  return fileState(join(folder, NAME)) !== undefined && fileState(join(folder, LOG)) !== undefined;
}

/** @throws {UserError} where the file is missing or damaged, or from a later version */
export async function readProjectFile(folder: string): Promise<ProjectFile> {
  const path = join(folder, NAME);
  let value: Partial<Record<keyof ProjectFile, unknown>>;
  try {
    value = JSON.parse(await Deno.readTextFile(path)) as typeof value;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw new UserError(`${folder} is not a labelling project`);
    if (cause instanceof SyntaxError) throw new UserError(`${path} is damaged: ${cause.message}`, { cause });
    throw cause;
  }
  const { format, begun, stack, raw, rescale = null, voxelSize = null, anisotropy = null, learning = null } =
    value;
  const { stacks, project } = value;
  if (typeof format === "number" && format > FORMAT) {
    throw new UserError(
      `${path} is of format ${format}, from a later version of the program; update the program`,
    );
  }
  const isWhole = (format === 1 || format === FORMAT) && typeof begun === "string" &&
    typeof stack === "string" &&
    typeof raw === "string" && isRescale(rescale) && (voxelSize === null || isVoxelSize(voxelSize)) &&
    (anisotropy === null || isAnisotropy(anisotropy)) && (learning === null || isLearnSettings(learning)) &&
    (stacks === undefined || isFolders(stacks)) && (project === undefined || typeof project === "string");
  if (isWhole) {
    const several = { ...(stacks ? { stacks } : {}), ...(project === undefined ? {} : { project }) };
    return { format, begun, stack, raw, rescale, voxelSize, anisotropy, learning, ...several };
  }
  throw new UserError(
    `${path} is damaged or was edited: expected format 1 or 2, begun, stack, raw, rescale, voxelSize, anisotropy, ` +
      "learning and perhaps stacks, such as stacks/b",
  );
}

/** Replaces the file; it is the old one or the new one, never a part. */
export async function writeProjectFile(folder: string, file: ProjectFile): Promise<void> {
  const isOfSeveral = (file.stacks ?? []).length > 0 || file.project !== undefined;
  const format = isOfSeveral ? FORMAT : 1;
  await writeFileAtomic(join(folder, NAME), `${JSON.stringify({ ...file, format }, null, 2)}\n`);
}

/** Folder of further stacks, in the project's. */
export const STACKS_FOLDER = "stacks";

/** Whether these are folders of further stacks, each once. */
function isFolders(value: unknown): value is readonly string[] {
  return Array.isArray(value) && new Set(value).size === value.length &&
    value.every((one) => typeof one === "string" && /^stacks\/[\w-][\w.-]*$/.test(one));
}

/** Three lengths in nm. */
export function isVoxelSize(value: unknown): value is VoxelSize {
  return Array.isArray(value) && value.length === 3 &&
    value.every((length) => toLength(length) !== undefined);
}

/** From 1 to 1000. */
export function isAnisotropy(value: unknown): value is number {
  return typeof value === "number" && value >= 1 && value <= 1000;
}

/** Voxel size in z over voxel size in x and y, to three digits and at least 1. */
export function anisotropyOfVoxels([z, y, x]: VoxelSize): number {
  return Math.min(1000, Math.max(1, Number((z / Math.sqrt(y * x)).toPrecision(3))));
}

function isRescale(value: unknown): value is RescaleSetting | null {
  return value === null || value === "auto" ||
    Array.isArray(value) && value.length === 2 && value.every((n) => typeof n === "number");
}
