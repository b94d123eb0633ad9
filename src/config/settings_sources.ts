/** Forms of the settings that name files, channels and orientations. */
import { basename, resolve } from "node:path";
import { type ConfigValue, describeValue, stringValue } from "./config_value.ts";
import { locationExists, resolveLocation } from "./location.ts";
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

/** The path of a volume or a stump file, which must exist. Reads as an absolute path. */
function existingPathForm(expected: string): Form<string> {
  return {
    expected,
    read(value, name, context) {
      const text = pathText.read(value, name, context);
      if (text === undefined) return undefined;
      const path = resolve(context.folder, text);
      if (context.exists(path)) return path;
      const advice = backslashAdvice(text, (meant) => context.exists(resolve(context.folder, meant)));
      return reject(
        context,
        value,
        `${name} names ${path}, which does not exist; it must be the path of ${expected}${advice}`,
      );
    },
    write: stringValue,
  };
}

/** A volume, which must exist where that can be told without a network. Reads as an absolute path, or an address. */
export function volumeForm(expected: string): Form<string> {
  return {
    expected,
    read(value, name, context) {
      const text = pathText.read(value, name, context);
      if (text === undefined) return undefined;
      const location = resolveLocation(context.folder, text);
      const isThere = (meant: string) =>
        locationExists(resolveLocation(context.folder, meant), context.exists);
      if (isThere(text)) return location;
      return reject(
        context,
        value,
        `${name} names ${location}, which does not exist; it must be the path of ` +
          `${expected}${backslashAdvice(text, isThere)}`,
      );
    },
    write: stringValue,
  };
}

/** A path that may be empty. Reads as an absolute path or an empty text. */
export function optionalPathForm(expected: string, options: { mustExist: boolean }): Form<string> {
  const existing = existingPathForm(expected);
  return {
    expected,
    read(value, name, context) {
      if (value.type === "string" && value.value === "") return "";
      if (options.mustExist) return existing.read(value, name, context);
      const text = pathText.read(value, name, context);
      return text === undefined ? undefined : outputPath(text, value, name, context);
    },
    write: stringValue,
  };
}

/** The path of an output. Backslashes, which part folders on Windows, would be of its name elsewhere. */
function outputPath(
  text: string,
  value: ConfigValue,
  name: string,
  context: SettingsContext,
): string | undefined {
  if (Deno.build.os === "windows" || !text.includes("\\")) return resolve(context.folder, text);
  const meant = JSON.stringify(text.replaceAll("\\", "/"));
  return reject(
    context,
    value,
    `${name} is ${describeValue(value)}, with backslashes; write / instead: ${meant}`,
  );
}

/** How the names of all outputs begin: folders that need not exist, and the beginning of a name. */
export const outputPrefixForm: Form<string> = {
  expected: "the beginning of the output files' names, which may contain folders",
  read(value, name, context) {
    const text = pathForm(outputPrefixForm.expected).read(value, name, context);
    if (text === undefined) return undefined;
    if (!/(^|[/\\])\.{0,2}$/.test(text)) return outputPath(text, value, name, context);
    return reject(
      context,
      value,
      `${name} is a folder, ${JSON.stringify(text)}; add the beginning of the file names`,
    );
  },
  write: stringValue,
};

/** The name of a channel without folder and extension. */
function stemOf(path: string): string {
  return basename(path).replace(VOLUME_EXTENSION, "");
}

export const channelForm: Form<ChannelSource> = {
  expected: "the file of a channel, or the name of a channel that can be computed",
  read(value, name, context) {
    const text = pathText.read(value, name, context);
    if (text === undefined) return undefined;
    const path = resolveLocation(context.folder, text);
    if (locationExists(path, context.exists)) return { kind: "file", path };
    const stem = stemOf(text);
    if (context.isKnownChannel(stem)) return { kind: "computed", stem };
    return reject(
      context,
      value,
      `${name} is ${JSON.stringify(text)}: there is no file ${path}, and ${stem} is not a channel that ` +
        `can be computed; use an existing file or a name such as ${DEFAULT_CHANNEL_STEMS[0]}`,
    );
  },
  write: (channel) => stringValue(channel.kind === "file" ? channel.path : channel.stem),
};

export const orientationForm: Form<OrientationSource> = {
  expected: 'an orientation file, hessOrient-s<sigma>-repolarized to compute it, or "model"',
  read(value, name, context) {
    const text = pathText.read(value, name, context);
    if (text === undefined) return undefined;
    if (text === "model") return { kind: "model" };
    const path = resolveLocation(context.folder, text);
    if (locationExists(path, context.exists)) return { kind: "file", path };
    const stem = stemOf(text);
    const sigma = Number(ORIENTATION_STEM.exec(stem)?.[1]);
    if (sigma > 0 && sigma <= MAX_SIGMA) return { kind: "computed", sigma };
    return reject(
      context,
      value,
      `${name} is ${JSON.stringify(text)}: there is no file ${path}, and ${stem} is not ` +
        `hessOrient-s<sigma>-repolarized with a sigma above 0 and up to ${MAX_SIGMA}; use an existing ` +
        "file or such a name",
    );
  },
  write(orientation) {
    if (orientation.kind === "file") return stringValue(orientation.path);
    if (orientation.kind === "model") return stringValue("model");
    const sigma = Number.isInteger(orientation.sigma)
      ? orientation.sigma.toFixed(1)
      : String(orientation.sigma);
    return stringValue(`hessOrient-s${sigma}-repolarized`);
  },
};
