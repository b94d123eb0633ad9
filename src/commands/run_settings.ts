/** What a configuration and the flags say together. */
import { parseChannelName } from "../channels/mod.ts";
import type { LoadSettingsOptions, Settings } from "../config/settings.ts";
import { resolve } from "node:path";
import { usualWorkFolder } from "../run/bucket_results.ts";
import { rescaleFlag, textOf, voxelSizeFlag } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";

/** How to load a configuration: `--set` in the order given, then `--seed`, `--rescale` and `--voxel-size`. */
export function settingsOptions(flags: GivenFlags): LoadSettingsOptions {
  const seed = textOf(flags, "seed");
  const rescale = rescaleFlag(flags);
  const [z, y, x] = voxelSizeFlag(flags) ?? [];
  const overrides = [
    ...flags.get("set") ?? [],
    ...(seed === undefined ? [] : [`seed=${seed}`]),
    ...(rescale === undefined
      ? []
      : [`rescale=${rescale === "auto" ? rescale : `[${rescale.map(floatText)}]`}`]),
    ...(x === undefined ? [] : [`voxelSize=[${[x, y, z].map(floatText)}]`]),
  ];
  return { overrides, isKnownChannel: (stem) => parseChannelName(stem) !== undefined };
}

/** A number that libconfig reads as a float: elements of an array must be of one type. */
function floatText(value: number | undefined): string {
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** Absolute path of the run's work folder: `--work`, else `<outFileName>-work`. */
export function workFolderOf(flags: GivenFlags, settings: Settings): string {
  return resolve(textOf(flags, "work") ?? usualWorkFolder(settings));
}
