/** Forms of the settings that name files, channels and orientations. */
import { basename, resolve } from "node:path";
import { describeValue, stringValue } from "./config_value.ts";
import { isAddress, isInBucket, locationExists, resolveLocation } from "./location.ts";
import { type Form, reject, type SettingsContext, textForm } from "./settings_form.ts";
import type { ChannelSource, OrientationSource } from "./settings_types.ts";

/** The channels that are used where `otherFeatures` is left out, docs/algorithm.md section 2. */
export const DEFAULT_CHANNEL_STEMS: readonly string[] = [
  "gradient-magnitude-s1.0",
  "gradient-magnitude-s1.6",
  "gradient-magnitude-s3.5",
  "gradient-magnitude-s5.0",
  "stensor-s0.5-r1.0",
  "stensor-s0.8-r1.6",
  "stensor-s1.8-r3.5",
  "stensor-s2.5-r5.0",
];

/** The scale of the orientation, in x/y voxels, that new models learn with where `orientEstimate` is left out. */
export const DEFAULT_ORIENTATION_SIGMA = 5;

const VOLUME_EXTENSION = /\.(nrrd|nhdr|tiff?|zarr)$/i;
const ORIENTATION_STEM = /^hessOrient-s(\d+(?:\.\d+)?)-repolarized$/;
const MAX_SIGMA = 100;

/** What libconfig makes of backslashes before these letters. */
const BACKSLASHED = new Map([["\n", "\\n"], ["\r", "\\r"], ["\t", "\\t"], ["\f", "\\f"]]);

/** Ends the message that there is no such path, where backslashes may be why. */
function backslashAdvice(text: string, exists: (text: string) => boolean): string {
  const meant = text.replaceAll("\\", "/");
  if (meant === text) return "";
  return exists(meant)
    ? `; write / instead: ${JSON.stringify(meant)}`
    : "; write paths with / instead of backslashes";
}

/** A text that can be a path: control characters would garble messages, and no volume has them in its name. */
function pathForm(expected: string): Form<string> {
  const text = textForm(expected, { empty: false });
  return {
    ...text,
    read(value, name, context) {
      const path = text.read(value, name, context);
      // deno-lint-ignore no-control-regex -- control characters are what must be found
      if (path === undefined || !/[\0-\x1f\x7f]/.test(path)) return path;
      const found = `${name} is ${describeValue(value)}, which contains control characters`;
      const meant = path.replace(/[\n\r\t\f]/g, (control) => BACKSLASHED.get(control) ?? control);
      // deno-lint-ignore no-control-regex -- as above
      const isWindows = meant !== path && !/[\0-\x1f\x7f]/.test(meant);
      const advice = isWindows
        ? "a backslash begins a character in libconfig: write " +
          `${JSON.stringify(meant.replaceAll("\\", "/"))}, or \\\\ for each \\`
        : "use a path without them";
      return reject(context, value, `${found}; ${advice}`);
    },
  };
}

const pathText = pathForm("a path");

/** Tells what is wrong with a setting, behind its name. */
type Refuse = (problem: string) => undefined;

/** The form of what is written as a path. */
function writtenAsPath<T>(
  expected: string,
  read: (text: string, context: SettingsContext, refuse: Refuse) => T | undefined,
  write: Form<T>["write"],
  given: Form<string> = pathText,
): Form<T> {
  return {
    expected,
    read(value, name, context) {
      const text = given.read(value, name, context);
      const refuse = (problem: string) => reject(context, value, `${name} ${problem}`);
      return text === undefined ? undefined : read(text, context, refuse);
    },
    write,
  };
}

/** The path of a volume or a stump file, which must exist. Reads as an absolute path. */
function existingPathForm(expected: string): Form<string> {
  return writtenAsPath(expected, (text, context, refuse) => {
    const path = resolve(context.folder, text);
    if (context.exists(path)) return path;
    const advice = backslashAdvice(text, (meant) => context.exists(resolve(context.folder, meant)));
    return refuse(`names ${path}, which does not exist; it must be the path of ${expected}${advice}`);
  }, stringValue);
}

/** A volume, which must exist where that can be told without a network. Reads as an absolute path, or an address. */
export function volumeForm(expected: string): Form<string> {
  return writtenAsPath(expected, (text, context, refuse) => {
    const location = resolveLocation(context.folder, text);
    const isThere = (meant: string) => locationExists(resolveLocation(context.folder, meant), context.exists);
    if (isThere(text)) return location;
    const advice = backslashAdvice(text, isThere);
    return refuse(`names ${location}, which does not exist; it must be the path of ${expected}${advice}`);
  }, stringValue);
}

/** A path that may be empty. Reads as an absolute path or an empty text. */
export function optionalPathForm(expected: string, options: { mustExist: boolean }): Form<string> {
  const form = options.mustExist
    ? existingPathForm(expected)
    : writtenAsPath(expected, outputPath, stringValue);
  return {
    ...form,
    read: (value, name, context) =>
      value.type === "string" && value.value === "" ? "" : form.read(value, name, context),
  };
}

/** The path of an output. Backslashes, which part folders on Windows, would be of its name elsewhere. */
function outputPath(text: string, { folder }: SettingsContext, refuse: Refuse): string | undefined {
  if (isAddress(text)) return refuse(`is ${text}; only outFileName can be in a bucket (s3://, gs://)`);
  if (Deno.build.os === "windows" || !text.includes("\\")) return resolve(folder, text);
  const meant = JSON.stringify(text.replaceAll("\\", "/"));
  return refuse(`is ${describeValue(stringValue(text))}, with backslashes; write / instead: ${meant}`);
}

const OUTPUT_PREFIX = "the beginning of the output files' names, which may contain folders";

/** How the names of all outputs begin: folders that need not exist, and the beginning of a name. */
export const outputPrefixForm = writtenAsPath(
  OUTPUT_PREFIX,
  (text, context, refuse) => {
    if (!/(^|[/\\])\.{0,2}$/.test(text)) return isInBucket(text) ? text : outputPath(text, context, refuse);
    return refuse(`is a folder, ${JSON.stringify(text)}; add the beginning of the file names`);
  },
  stringValue,
  pathForm(OUTPUT_PREFIX),
);

/** The name of a channel without folder and extension. */
function stemOf(path: string): string {
  return basename(path).replace(VOLUME_EXTENSION, "");
}

export const channelForm = writtenAsPath<ChannelSource>(
  "the file of a channel, or the name of a channel that can be computed",
  (text, context, refuse) => {
    const path = resolveLocation(context.folder, text);
    if (locationExists(path, context.exists)) return { kind: "file", path };
    const stem = stemOf(text);
    if (context.isKnownChannel(stem)) return { kind: "computed", stem };
    return refuse(
      `is ${JSON.stringify(text)}: there is no file ${path}, and ${stem} is not a channel that can be ` +
        `computed; use an existing file or a name such as ${DEFAULT_CHANNEL_STEMS[0]}`,
    );
  },
  (channel) => stringValue(channel.kind === "file" ? channel.path : channel.stem),
);

export const orientationForm = writtenAsPath<OrientationSource>(
  'an orientation file, hessOrient-s<sigma>-repolarized to compute it, or "model"',
  (text, context, refuse) => {
    if (text === "model") return { kind: "model" };
    const path = resolveLocation(context.folder, text);
    if (locationExists(path, context.exists)) return { kind: "file", path };
    const stem = stemOf(text);
    const sigma = Number(ORIENTATION_STEM.exec(stem)?.[1]);
    if (sigma > 0 && sigma <= MAX_SIGMA) return { kind: "computed", sigma };
    return refuse(
      `is ${JSON.stringify(text)}: there is no file ${path}, and ${stem} is not ` +
        `hessOrient-s<sigma>-repolarized with a sigma above 0 and up to ${MAX_SIGMA}; use an existing ` +
        "file or such a name",
    );
  },
  (orientation) => {
    if (orientation.kind === "file") return stringValue(orientation.path);
    if (orientation.kind === "model") return stringValue("model");
    const { sigma } = orientation;
    return stringValue(`hessOrient-s${Number.isInteger(sigma) ? sigma.toFixed(1) : sigma}-repolarized`);
  },
);
