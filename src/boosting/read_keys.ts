/** Reads the keys of a group in a model's file. */
import {
  type ConfigArray,
  type ConfigGroup,
  type ConfigList,
  type ConfigValue,
  describeValue,
  errorAt,
  type Position,
} from "../config/libconfig.ts";
import type { UserError } from "../user_error.ts";
import { type PlattScaling, UNFITTED_PLATT } from "./platt.ts";

/** Largest threshold and Platt parameter: what is computed with them stays finite in 32 bits. */
export const MAX_VALUE = 1e30;

/** The scaling of a file or group; unfitted where it has none. */
export function readPlatt(root: ConfigGroup): PlattScaling {
  const group = root.settings.get("plattScaling")?.value;
  if (group === undefined) return UNFITTED_PLATT;
  if (group.type !== "group") {
    throw errorAt(
      group.position,
      `plattScaling is ${describeValue(group)}; expected a group { A = ...; B = ...; }`,
    );
  }
  const read = (key: string) => readBounded(group, "plattScaling", key, MAX_VALUE);
  return { A: read("A"), B: read("B") };
}

/** A number from -most to most. */
export function readBounded(group: ConfigGroup, name: string, key: string, most: number): number {
  const value = readNumber(group, name, key);
  if (Math.abs(value) <= most) return value;
  throw wrongValue(group, name, key, `a number from -${most} to ${most}`);
}

/** A number. */
export function readNumber(group: ConfigGroup, name: string, key: string): number {
  const value = requireKey(group, name, key);
  // The reader refuses what is not finite, so a number is a finite one.
  if (value.type === "integer" || value.type === "float") return value.value;
  throw wrongValue(group, name, key, "a number");
}

/** True or false. */
export function readBoolean(group: ConfigGroup, name: string, key: string): boolean {
  const value = requireKey(group, name, key);
  if (value.type === "boolean") return value.value;
  throw wrongValue(group, name, key, "true or false");
}

/** Numbers in an array or a list; whole ones from `low` to `high` where `isWhole`. */
export function readNumbers(
  group: ConfigGroup,
  name: string,
  key: string,
  { low, high, isWhole = false }: { readonly low: number; readonly high: number; readonly isWhole?: boolean },
): number[] {
  const { elements } = readSequence(group, name, key);
  return elements.map((value) => {
    const isNumber = value.type === "integer" || value.type === "float";
    if (
      isNumber && value.value >= low && value.value <= high && (!isWhole || Number.isInteger(value.value))
    ) return value.value;
    const kind = isWhole ? "whole numbers" : "numbers";
    throw errorAt(
      value.position ?? group.position,
      `${key} of ${name} holds ${describeValue(value)}; expected ${kind} from ${low} to ${high}`,
    );
  });
}

/** An array or a list. */
export function readSequence(group: ConfigGroup, name: string, key: string): ConfigArray | ConfigList {
  const value = requireKey(group, name, key);
  if (value.type === "array" || value.type === "list") return value;
  throw wrongValue(group, name, key, "an array or a list");
}

/** The group with this key, or undefined where there is none. */
export function readGroupKey(group: ConfigGroup, name: string, key: string): ConfigGroup | undefined {
  const value = group.settings.get(key)?.value;
  if (value === undefined || value.type === "group") return value;
  throw wrongValue(group, name, key, "a group { }");
}

function requireKey(group: ConfigGroup, name: string, key: string): ConfigValue {
  const setting = group.settings.get(key);
  if (setting !== undefined) return setting.value;
  throw errorAt(group.position, `${name} has no ${key}; add it or take a file that is whole`);
}

/** The error that a key has not the value that it must have. */
export function wrongValue(group: ConfigGroup, name: string, key: string, expected: string): UserError {
  const setting = group.settings.get(key);
  const found = setting === undefined ? "missing" : describeValue(setting.value);
  const position: Position | undefined = setting?.position ?? group.position;
  return errorAt(position, `${key} of ${name} is ${found}; expected ${expected}`);
}
