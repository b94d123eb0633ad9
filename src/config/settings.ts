/** Reads a configuration file into checked settings. */
import { dirname, resolve } from "node:path";
import { type ConfigFiles, diskFiles } from "./config_files.ts";
import {
  booleanValue,
  type ConfigGroup,
  type ConfigSetting,
  type ConfigValue,
  floatValue,
  formatPosition,
  integerValue,
  listValue,
  stringValue,
} from "./config_value.ts";
import { parseLibconfig } from "./libconfig_reader.ts";
import { leavesFolder } from "./libconfig_source.ts";
import { formatLibconfig } from "./libconfig_writer.ts";
import {
  checkAnisotropy,
  checkChannels,
  checkGroups,
  checkSeveralVolumes,
  checkUseSynapses,
  checkWeightFiles,
  namedAnisotropy,
  onlyTests,
  trainGroups,
} from "./settings_checks.ts";
import { withPick } from "./pick.ts";
import type { Problem, SettingsContext } from "./settings_form.ts";
import { readGroup, writeGroup } from "./settings_keys.ts";
import { applyOverride } from "./settings_overrides.ts";
import { homesOf } from "./settings_homes.ts";
import { TOP_KEYS } from "./settings_table.ts";
import type { Settings, TestSettings } from "./settings_types.ts";
import { UserError } from "../user_error.ts";

export { DEFAULT_CHANNEL_STEMS, DEFAULT_ORIENTATION_SIGMA } from "./settings_sources.ts";
export type {
  ChannelSource,
  CleftPolarity,
  OrientationSource,
  RescaleSetting,
  Settings,
  SmoothingSetting,
  SupervoxelSettings,
  TestSettings,
  TrainSettings,
  Xyz,
} from "./settings_types.ts";

/** The `useSynapses` of a volume of which only the background is learned from: no synapse has this number. */
export const NO_SYNAPSES: readonly number[] = [0];

/** Problems that are told at once. */
const MOST_PROBLEMS = 30;

export interface LoadSettingsOptions {
  /** Whether a channel can be computed, by its name without folder and extension. */
  readonly isKnownChannel: (stem: string) => boolean;
  /** `key=value` texts put over the file's settings one after the other; see `applyOverride`. */
  readonly overrides?: readonly string[];
  /** The files of this machine unless given. */
  readonly files?: ConfigFiles;
}

/**
 * Reads and checks a configuration file.
 *
 * @param path the file's path; relative paths in it, and in overrides, start from its folder
 * @returns the settings with defaults filled in and absolute paths
 * @throws UserError when the file cannot be read, at the first error of syntax, or else with every other problem, one per line
 */
export function loadSettings(path: string, options: LoadSettingsOptions): Promise<Settings> {
  return new Promise((done) => done(readSettingsFile(path, options)));
}

function readSettingsFile(path: string, options: LoadSettingsOptions): Settings {
  const files = options.files ?? diskFiles;
  const parsed = parseLibconfig(files.readText(path), {
    file: path,
    readText: (name) => readInclude(files, path, name),
  });
  return checkSettings(parsed, path, dirname(resolve(path)), options);
}

/** Where the paths of a configuration that is no file start from. */
interface CreateSettingsOptions extends LoadSettingsOptions {
  /** The folder; default the current one. */
  readonly folder?: string;
}

/**
 * Checks a configuration that a script made.
 *
 * @param values the keys of a configuration file with their values
 * @returns the settings with defaults filled in and absolute paths
 * @throws UserError with every problem, one per line
 */
export function createSettings(values: SettingValues, options: CreateSettingsOptions): Settings {
  return checkSettings(toConfigGroup(values), "the configuration", resolve(options.folder ?? "."), options);
}

/** @param name what messages call the configuration; `folder` is where relative paths start from */
function checkSettings(
  parsed: ConfigGroup,
  name: string,
  folder: string,
  options: LoadSettingsOptions,
): Settings {
  const { exists } = options.files ?? diskFiles;
  const problems: Problem[] = [];
  const root = applyOverrides(parsed, options.overrides ?? [], problems);
  const context: SettingsContext = {
    folder,
    exists,
    isKnownChannel: options.isKnownChannel,
    usualAnisotropy: namedAnisotropy(trainGroups(root)[0]?.value) ?? 1,
    usualVolume: usualVolume(root),
    problems,
    homesOf,
  };
  const settings = readGroup(TOP_KEYS, onlyTests(root) ? withoutTrain(root) : root, "", context);
  checkGroups(root, context);
  checkAnisotropy(root, context);
  const complete = settings && withWeightFiles(withPicks(settings));
  if (complete) {
    checkChannels(complete, root, context);
    checkWeightFiles(complete, root, context);
    checkUseSynapses(complete, root, context);
    checkSeveralVolumes(complete, root, context);
  }
  if (complete && problems.length === 0) return complete;
  throw new UserError(describeProblems(name, problems));
}

/** Puts the channels and time points that were chosen into the volumes' locations. */
function withPicks(settings: Settings): Settings {
  const picked = <T extends TestSettings>({ channel, timePoint, ...volume }: T) => ({
    ...volume,
    rawVolume: withPick(volume.rawVolume, { channel, time: timePoint }),
  });
  const { train, test } = settings;
  return { ...settings, train: train.map(picked), test: test.map(picked) };
}

/** What holds for volumes that do not name it; a value that is wrong is told with its own key. */
function usualVolume(root: ConfigGroup): NonNullable<SettingsContext["usualVolume"]> {
  const { rescale, voxelSize, useSynapses } = TOP_KEYS;
  const keys = { rescale, voxelSize, useSynapses };
  const settings = new Map([...root.settings].filter(([name]) => name in keys));
  const silent = {
    folder: "",
    exists: () => false,
    isKnownChannel: () => false,
    usualAnisotropy: 1,
    problems: [],
    homesOf,
  };
  return readGroup<Pick<Settings, keyof typeof keys>>(keys, { ...root, settings }, "", silent) ?? {};
}

/** Reads a file that a configuration includes, unless a link leads out of the configuration's folder. */
function readInclude({ readText, realPath }: ConfigFiles, config: string, path: string): string {
  if (realPath !== undefined) {
    const folder = realPath(dirname(resolve(config)));
    const target = realPath(path);
    if (leavesFolder(folder, target)) {
      throw new UserError(
        `${path} is a link to ${target}, outside the configuration's folder; copy that file into the folder`,
      );
    }
  }
  return readText(path);
}

function applyOverrides(root: ConfigGroup, overrides: readonly string[], problems: Problem[]): ConfigGroup {
  let changed = root;
  for (const override of overrides) {
    try {
      changed = applyOverride(changed, override);
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause;
      problems.push({ position: undefined, message: cause.message });
    }
  }
  return changed;
}

function withoutTrain(root: ConfigGroup): ConfigGroup {
  return { ...root, settings: new Map([...root.settings].filter(([name]) => name !== "train")) };
}

function withWeightFiles(settings: Settings): Settings {
  const { outFileName } = settings;
  return {
    ...settings,
    saveTrainingWeightsPosFileName: settings.saveTrainingWeightsPosFileName ||
      `${outFileName}-trainingWeightsPos.nrrd`,
    saveTrainingWeightsNegFileName: settings.saveTrainingWeightsNegFileName ||
      `${outFileName}-trainingWeightsNeg.nrrd`,
  };
}

/** One line a problem, in the order of lines and columns; those of the command line first. */
function describeProblems(path: string, problems: readonly Problem[]): string {
  const place = ({ position }: Problem) => [position?.line ?? 0, position?.column ?? 0] as const;
  const sorted = problems.toSorted((a, b) => place(a)[0] - place(b)[0] || place(a)[1] - place(b)[1]);
  const lines = sorted.map(({ position, message }) =>
    position === undefined ? message : `${formatPosition(position)}: ${message}`
  );
  if (lines.length === 1) return lines.join("");
  const more = lines.length > MOST_PROBLEMS ? [`and ${lines.length - MOST_PROBLEMS} more`] : [];
  return [`${path} has ${lines.length} problems:`, ...lines.slice(0, MOST_PROBLEMS), ...more].join("\n");
}

/**
 * The libconfig text of all settings, defaults included. Loaded from any folder it gives the same settings, as long as the
 * files it names stay where they are.
 */
export function formatSettings(settings: Settings): string {
  const root = writeGroup(TOP_KEYS, settings);
  const [first, ...others] = settings.train;
  const isSaidTwice = others.length === 0 && first?.useSynapses.join() === settings.useSynapses.join();
  return formatLibconfig(isSaidTwice ? withoutUseSynapsesOfTrain(root) : root);
}

/** One key less: a single training volume has that of the whole configuration. */
function withoutUseSynapsesOfTrain(root: ConfigGroup): ConfigGroup {
  const train = root.settings.get("train")?.value;
  if (train?.type !== "group") return root;
  const settings = new Map([...train.settings].filter(([name]) => name !== "useSynapses"));
  return { ...root, settings: new Map(root.settings).set("train", { value: { ...train, settings } }) };
}

/** The ratio of voxel sizes, z over x and y, that all volumes of a configuration share. */
export function anisotropyOf(settings: Settings): number {
  return (settings.train[0] ?? settings.test[0])?.zAnisotropyFactor ?? 1;
}

/** A value of a configuration: what libconfig can hold. Keys that are undefined are left out. */
export type SettingValue = string | number | boolean | readonly SettingValue[] | SettingValues;

/** Keys with their values, such as `{ outFileName: "out", svox: { seed: 2 } }`. */
export interface SettingValues {
  /** A key and its value. */
  readonly [key: string]: SettingValue | undefined;
}

/** The group that libconfig text of the same settings would give. */
function toConfigGroup(values: SettingValues): ConfigGroup {
  const settings = new Map<string, ConfigSetting>();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) settings.set(name, { value: toConfigValue(value) });
  }
  return { type: "group", settings };
}

function toConfigValue(value: SettingValue): ConfigValue {
  switch (typeof value) {
    case "string":
      return stringValue(value);
    case "boolean":
      return booleanValue(value);
    case "number":
      return Number.isSafeInteger(value) ? integerValue(value) : floatValue(value);
  }
  return isSequence(value) ? listValue(value.map(toConfigValue)) : toConfigGroup(value);
}

function isSequence(value: readonly SettingValue[] | SettingValues): value is readonly SettingValue[] {
  return Array.isArray(value);
}
