/** Settings for scripts: from a configuration file, or from an object. */
import { parseChannelName } from "../channels/mod.ts";
import {
  createSettings as checkSettings,
  loadSettings as readSettings,
  type Settings,
  type SettingValues,
} from "../config/settings.ts";

const isKnownChannel = (stem: string) => parseChannelName(stem) !== undefined;

/**
 * Reads and checks a configuration file.
 *
 * @param path the file's path; relative paths in it, and in overrides, start from its folder
 * @param options `overrides`: `key=value` texts put over the file's settings one after the other, such as `svox.seed=3`
 * @returns the settings with defaults filled in and absolute paths; docs/settings.md lists all keys
 * @throws {UserError} listing all errors in the file
 */
export function loadSettings(
  path: string,
  options: { readonly overrides?: readonly string[] } = {},
): Promise<Settings> {
  return readSettings(path, { ...options, isKnownChannel });
}

/**
 * Checks settings that a script gives.
 *
 * @param values the keys of a configuration file; docs/settings.md lists them
 * @param options `folder`: where relative paths start from, default the current folder
 * @returns the settings with defaults filled in and absolute paths
 * @throws {UserError} listing all errors in them
 *
 * @example Settings that are wrong say how
 * ```ts
 * import { createSettings } from "@ccboost/ccboost";
 * import assert from "node:assert/strict";
 *
 * assert.throws(
 *   () => createSettings({ outFileName: "out", test: [{ rawVolume: "stack.tif" }] }, { folder: "/data" }),
 *   /rawVolume names \/data\/stack.tif, which does not exist/,
 * );
 * ```
 */
export function createSettings(values: SettingValues, options: { readonly folder?: string } = {}): Settings {
  return checkSettings(values, { ...options, isKnownChannel });
}
