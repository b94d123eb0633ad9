/** What a configuration and the flags say together. */
import { parseChannelName } from "../channels/mod.ts";
import type { LoadSettingsOptions, Settings } from "../config/settings.ts";
import { resolve } from "node:path";
import { textOf } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";

/** How to load a configuration: `--set` in the order given, then `--seed`. */
export function settingsOptions(flags: GivenFlags): LoadSettingsOptions {
  const seed = textOf(flags, "seed");
  const overrides = [...flags.get("set") ?? [], ...(seed === undefined ? [] : [`seed=${seed}`])];
  return { overrides, isKnownChannel: (stem) => parseChannelName(stem) !== undefined };
}

/** Absolute path of the run's work folder: `--work`, else `<outFileName>-work`. */
export function workFolderOf(flags: GivenFlags, { outFileName }: Settings): string {
  return resolve(textOf(flags, "work") ?? `${outFileName}-work`);
}
