/** The values of a libconfig text, each with the place it was read from. */

/** A place in a text; `line` and `column` count from 1. `line` is 0 where the source has no lines (a command line). */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A whole number of at most 2^53 - 1 in magnitude. */
export interface ConfigInteger {
  readonly type: "integer";
  readonly value: number;
  readonly position?: Position;
}

/** A finite 64-bit float. */
export interface ConfigFloat {
  readonly type: "float";
  readonly value: number;
  readonly position?: Position;
}

export interface ConfigBoolean {
  readonly type: "boolean";
  readonly value: boolean;
  readonly position?: Position;
}

export interface ConfigString {
  readonly type: "string";
  readonly value: string;
  readonly position?: Position;
}

/** A value that holds no others. */
export type ConfigScalar = ConfigInteger | ConfigFloat | ConfigBoolean | ConfigString;

/** `[ ... ]`: scalars of one type; integers and floats may mix. */
export interface ConfigArray {
  readonly type: "array";
  readonly elements: readonly ConfigScalar[];
  readonly position?: Position;
}

/** `( ... )`: values of any type. */
export interface ConfigList {
  readonly type: "list";
  readonly elements: readonly ConfigValue[];
  readonly position?: Position;
}

/** `{ ... }`, or a whole text: named settings in the order of the text. */
export interface ConfigGroup {
  readonly type: "group";
  readonly settings: ReadonlyMap<string, ConfigSetting>;
  readonly position?: Position;
}

/** A named value; `position` is the name's, where the value's own is inside it. */
export interface ConfigSetting {
  readonly value: ConfigValue;
  readonly position?: Position;
}

export type ConfigValue = ConfigScalar | ConfigArray | ConfigList | ConfigGroup;

/** The form of a setting's name. */
export const NAME_PATTERN = /^[A-Za-z*][-A-Za-z0-9_*]*$/;

export function integerValue(value: number): ConfigInteger {
  return { type: "integer", value };
}

export function floatValue(value: number): ConfigFloat {
  return { type: "float", value };
}

export function booleanValue(value: boolean): ConfigBoolean {
  return { type: "boolean", value };
}

export function stringValue(value: string): ConfigString {
  return { type: "string", value };
}

export function arrayValue(elements: readonly ConfigScalar[]): ConfigArray {
  return { type: "array", elements };
}

export function listValue(elements: readonly ConfigValue[]): ConfigList {
  return { type: "list", elements };
}

/** A group of the given settings in their order; one that is `undefined` is left out. */
export function groupValue(settings: Readonly<Record<string, ConfigValue | undefined>>): ConfigGroup {
  const entries = new Map<string, ConfigSetting>();
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined) entries.set(name, { value });
  }
  return { type: "group", settings: entries };
}

/** The text `file:line:column`, only `file` where there are no lines, `configuration` where no place is known. */
export function formatPosition(position: Position | undefined): string {
  if (position === undefined) return "configuration";
  if (position.line === 0) return position.file;
  return `${position.file}:${position.line}:${position.column}`;
}

/** How a message names a value that was found: the scalar itself, or the kind of container. */
export function describeValue(value: ConfigValue): string {
  switch (value.type) {
    case "string":
      return JSON.stringify(value.value.length > 80 ? `${value.value.slice(0, 77)}...` : value.value);
    case "integer":
    case "boolean":
      return String(value.value);
    case "float":
      return Number.isInteger(value.value) && Math.abs(value.value) < 1e15
        ? value.value.toFixed(1)
        : String(value.value);
    case "array":
      return `an array [ ] of ${value.elements.length}`;
    case "list":
      return `a list ( ) of ${value.elements.length}`;
    case "group":
      return "a group { }";
  }
}
