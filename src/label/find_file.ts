/** `find.json` in the folder of a search: what was begun. */
import { join } from "node:path";
import { ifThere } from "../if_there.ts";
import { UserError } from "../user_error.ts";
import { isLearnSettings } from "./learn_settings.ts";
import { isAnisotropy, isVoxelSize } from "./project_file.ts";
import type { Box, FindBegun, FindSettings } from "./state.ts";

/** Name of the file. */
export const FIND_FILE = "find.json";

/** What the file tells of a search. */
export interface FindFile extends Omit<FindBegun, "seq"> {
  /** Of each stack, by its id, the number of the last change of the labels that it learns from. */
  readonly seqs: Readonly<Record<string, number>>;
}

/** The text of the file. What there is of further stacks is left out where there are none, as versions before have it. */
export function findFileText({ at, seqs, stack, ...others }: FindFile): string {
  const { "": seq = 0, ...further } = seqs;
  const ofSeveral = Object.keys(further).length > 0 ? { stack, further } : {};
  return `${JSON.stringify({ format: 1, at, seq, ...others, ...ofSeveral }, null, 2)}\n`;
}

/** What was begun in a folder; null where nothing was. @throws {UserError} where the file is damaged */
export async function readFindFile(folder: string): Promise<FindFile | null> {
  const path = join(folder, FIND_FILE);
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return null;
  const begun = begunOf(text);
  if (begun) return begun;
  throw new UserError(`${path} is damaged or was edited; remove the folder ${folder} to search anew`);
}

function begunOf(text: string): FindFile | undefined {
  let value: Partial<Record<keyof FindBegun | "format" | "further", unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
  const { format, at, seq, box, volume, polarity, settings = null, stack = "", further = {} } = value;
  const isWhole = format === 1 && typeof at === "string" && typeof seq === "number" &&
    (box === null || isBox(box)) && (volume === null || typeof volume === "string") &&
    (polarity === "config" || polarity === "none") && (settings === null || isSettings(settings)) &&
    (stack === null || typeof stack === "string") &&
    isNumbers(further);
  return isWhole ? { at, seqs: { ...further, "": seq }, stack, box, volume, polarity, settings } : undefined;
}

function isNumbers(value: unknown): value is Readonly<Record<string, number>> {
  return typeof value === "object" && value !== null &&
    Object.values(value).every((one) => typeof one === "number");
}

function isSettings(value: unknown): value is FindSettings {
  const { anisotropy = null, voxelSize = null, learning } = (value ?? {}) as Partial<FindSettings>;
  return (anisotropy === null || isAnisotropy(anisotropy)) &&
    (voxelSize === null || isVoxelSize(voxelSize)) &&
    isLearnSettings(learning);
}

function isBox(value: unknown): value is Box {
  const { begin, end } = (value ?? {}) as Partial<Record<keyof Box, unknown>>;
  const isTriple = (place: unknown) =>
    Array.isArray(place) && place.length === 3 && place.every((at) => Number.isSafeInteger(at) && at >= 0);
  return isTriple(begin) && isTriple(end);
}
