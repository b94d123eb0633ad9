/** Configurations as objects of a script, in place of libconfig text. */
import {
  booleanValue,
  type ConfigGroup,
  type ConfigSetting,
  type ConfigValue,
  floatValue,
  integerValue,
  listValue,
  stringValue,
} from "./config_value.ts";

/** A value of a configuration: what libconfig can hold. Keys that are undefined are left out. */
export type SettingValue = string | number | boolean | readonly SettingValue[] | SettingValues;

/** Keys with their values, such as `{ outFileName: "out", svox: { seed: 2 } }`. */
export interface SettingValues {
  /** A key and its value. */
  readonly [key: string]: SettingValue | undefined;
}

/** The group that libconfig text of the same settings would give. */
export function toConfigGroup(values: SettingValues): ConfigGroup {
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
