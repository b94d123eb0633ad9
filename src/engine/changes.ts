/** What a stage depended on, in a form to keep in the journal, and what of it has changed since. */
import { checksumText, crc32c } from "../volume/crc32c.ts";

/** Dependencies by name: a file's as `file <path>`, a setting's as its path of keys. Long values are checksums. */
export type Dependencies = Readonly<Record<string, string>>;

/** Keys that only group others. */
const GROUPS: ReadonlySet<string> = new Set(["dependsOn", "depends", "perPlan"]);

/** What people call some keys. */
const NAMES: Readonly<Record<string, string>> = {
  stumps: "the model",
  known: "the saved stumps",
  print: "what it is made of",
  erode: "groundTruthErodeRadius",
  minSize: "minPosRegionSize",
  polarity: "ccPolarity",
};

const FILE = "file ";
const MOST_CHARACTERS = 60;
const MOST_CHANGES = 4;

/** Flattens what a stage depends on. */
export function dependenciesOf(value: unknown): Dependencies {
  const found: Record<string, string> = {};
  collect(value, "", found);
  return found;
}

function collect(value: unknown, path: string, into: Record<string, string>): void {
  if (isFile(value)) {
    into[`${FILE}${value.path}`] = shortText(Object.entries(value).filter(([key]) => key !== "path"));
  } else if (Array.isArray(value) && value.length > 0 && value.every(isFile)) {
    for (const item of value) collect(item, path, into);
  } else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, item] of Object.entries(value)) {
      collect(item, GROUPS.has(key) ? path : path === "" ? key : `${path}.${key}`, into);
    }
  } else if (value !== undefined) into[path] = shortText(value);
}

function isFile(value: unknown): value is { readonly path: string } {
  return typeof value === "object" && value !== null && "path" in value && typeof value.path === "string" &&
    "mtime" in value;
}

function shortText(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length <= MOST_CHARACTERS) return text;
  return `#${checksumText(crc32c(new TextEncoder().encode(text)))}`;
}

/** Says what differs, a few words each: `numStumps changed from 12 to 5`. Empty where nothing does. */
export function describeChanges(before: Dependencies, after: Dependencies): string[] {
  const found = new Set<string>();
  let isMadeAnew = false;
  for (const key of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const old = before[key], now = after[key];
    if (old === now) continue;
    if (/(^|\.)generations?$/.test(key)) isMadeAnew = true;
    else if (key.startsWith(FILE)) found.add(fileChange(key.slice(FILE.length), old, now));
    else found.add(settingChange(key, old, now));
  }
  if (found.size === 0) return isMadeAnew ? ["its files were missing"] : [];
  const all = [...found];
  const more = all.length - MOST_CHANGES;
  return more > 0 ? [...all.slice(0, MOST_CHANGES), `${more} more changes`] : all;
}

function fileChange(path: string, old: string | undefined, now: string | undefined): string {
  if (now === undefined) return `${path} is no longer used`;
  return `${path} ${old === undefined ? "was not used before" : "changed"}`;
}

function settingChange(key: string, old: string | undefined, now: string | undefined): string {
  const last = key.split(".").findLast((part) => !/^\d+$/.test(part)) ?? key;
  const name = NAMES[last] ?? last;
  const isShort = [old, now].every((text) => text !== undefined && !text.startsWith("#"));
  return isShort ? `${name} changed from ${old} to ${now}` : `${name} changed`;
}
