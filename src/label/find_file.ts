/** `find.json` in the folder of a search: what was begun. */
import { join } from "node:path";
import { ifThere } from "../if_there.ts";
import { UserError } from "../user_error.ts";
import { isLearnSettings } from "./learn_settings.ts";
import { isAnisotropy, isVoxelSize } from "./project_file.ts";
import type { Box, FindBegun, FindSettings } from "./state.ts";

/** Name of the file. */
export const FIND_FILE = "find.json";

/** What was begun in a folder; null where nothing was. @throws {UserError} where the file is damaged */
export async function readFindFile(folder: string): Promise<FindBegun | null> {
  const path = join(folder, FIND_FILE);
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return null;
  const begun = begunOf(text);
  if (begun) return begun;
  throw new UserError(`${path} is damaged or was edited; remove the folder ${folder} to search anew`);
}

function begunOf(text: string): FindBegun | undefined {
  let value: Partial<Record<keyof FindBegun | "format", unknown>>;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
  const { format, at, seq, box, volume, polarity, settings = null } = value;
  const isWhole = format === 1 && typeof at === "string" && typeof seq === "number" &&
    (box === null || isBox(box)) && (volume === null || typeof volume === "string") &&
    (polarity === "config" || polarity === "none") && (settings === null || isSettings(settings));
  return isWhole ? { at, seq, box, volume, polarity, settings } : undefined;
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
