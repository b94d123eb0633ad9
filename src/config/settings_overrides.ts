/** Settings given on the command line as `key=value`, put over those of the configuration file. */
import {
  type ConfigGroup,
  type ConfigValue,
  describeValue,
  type Position,
  stringValue,
} from "./config_value.ts";
import { isNumber } from "./libconfig_tokens.ts";
import { parseLibconfigValue } from "./libconfig_reader.ts";
import { errorAt } from "./libconfig_source.ts";
import { shorten } from "../user_error.ts";

type KeyStep = string | number;

const KEY = /^[A-Za-z*][-\w*]*(?:\.[A-Za-z*][-\w*]*|\.\d+|\[\d+\])*$/;
const LONGEST_KEY = 200;
const STEP = /[A-Za-z*][-\w*]*|\d+/g;

/**
 * The configuration with one key set anew. Groups and lists on the way that are missing are made.
 *
 * @param override `key=value`. The key is a path such as `svox.seed`, `test.0.rawVolume` or `test[0].rawVolume`; the
 * value is libconfig, or, where it is no number, boolean, string, array, list or group, a text without quotes.
 * @throws UserError naming `--set key` when the key or value cannot be understood
 */
export function applyOverride(root: ConfigGroup, override: string): ConfigGroup {
  const equals = override.indexOf("=");
  const key = (equals === -1 ? override : override.slice(0, equals)).trim();
  const position: Position = { file: `--set ${shorten(key, 80)}`, line: 0, column: 0 };
  if (equals === -1 || key.length > LONGEST_KEY || !KEY.test(key)) {
    throw errorAt(
      position,
      `expected key=value with a key such as numStumps, svox.seed or test[0].rawVolume`,
    );
  }
  const value = parseOverrideValue(override.slice(equals + 1).trim(), position);
  const [first = "", ...rest] = Array.from(
    key.matchAll(STEP),
    ([step]) => /^\d/.test(step) ? Number(step) : step,
  );
  const name = String(first);
  const { given, path } = name === "train" ? chosenVolume(root, rest, position) : { given: root, path: rest };
  return setInGroup(given, name, path, value, position);
}

/**
 * `train` is one group, or a list of groups. A list of one is meant without an index, too, and a group with an index is the first of a
 * list.
 */
function chosenVolume(
  root: ConfigGroup,
  path: readonly KeyStep[],
  position: Position,
): { readonly given: ConfigGroup; readonly path: readonly KeyStep[] } {
  const [step, ...rest] = path;
  const setting = root.settings.get("train");
  if (setting?.value.type === "group" && typeof step === "number") {
    if (step === 0) return { given: root, path: rest };
    const { value } = setting;
    const list: ConfigValue = {
      type: "list",
      elements: [value],
      ...(value.position ? { position: value.position } : {}),
    };
    return {
      given: { ...root, settings: new Map(root.settings).set("train", { ...setting, value: list }) },
      path,
    };
  }
  if (setting?.value.type !== "list" || typeof step !== "string") return { given: root, path };
  const { length } = setting.value.elements;
  if (length === 1) return { given: root, path: [0, ...path] };
  const key = path.join(".");
  throw errorAt(
    position,
    length === 0
      ? `train lists no volume; name the first of them: train[0].${key}`
      : `train lists ${length} volumes; say which one is meant: train[0].${key} to train[${
        length - 1
      }].${key}`,
  );
}

function parseOverrideValue(text: string, position: Position): ConfigValue {
  const libconfig = /^["[({]/.test(text) || /^(?:true|false)$/i.test(text) || isNumber(text);
  const value = libconfig ? parseLibconfigValue(text, { file: position.file }) : stringValue(text);
  return placedAt(value, position);
}

/** The value with all places inside it replaced. */
function placedAt(value: ConfigValue, position: Position): ConfigValue {
  switch (value.type) {
    case "group": {
      const settings = Array.from(
        value.settings,
        ([name, setting]) => [name, { value: placedAt(setting.value, position), position }] as const,
      );
      return { type: "group", settings: new Map(settings), position };
    }
    case "list":
      return {
        type: "list",
        elements: value.elements.map((element) => placedAt(element, position)),
        position,
      };
    case "array":
      return {
        type: "array",
        elements: value.elements.map((element) => ({ ...element, position })),
        position,
      };
    default:
      return { ...value, position };
  }
}

function setIn(
  old: ConfigValue | undefined,
  path: readonly KeyStep[],
  value: ConfigValue,
  position: Position,
): ConfigValue {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === "number") return setElement(old, step, rest, value, position);
  if (old === undefined || old.type === "group") return setInGroup(old, step, rest, value, position);
  throw errorAt(position, `found ${describeValue(old)}, expected a group with the key ${step}`);
}

function setInGroup(
  old: ConfigGroup | undefined,
  name: string,
  rest: readonly KeyStep[],
  value: ConfigValue,
  position: Position,
): ConfigGroup {
  const settings = new Map(old?.settings);
  settings.set(name, { value: setIn(settings.get(name)?.value, rest, value, position), position });
  return { type: "group", settings, position: old?.position ?? position };
}

function setElement(
  old: ConfigValue | undefined,
  index: number,
  rest: readonly KeyStep[],
  value: ConfigValue,
  position: Position,
): ConfigValue {
  if (old !== undefined && old.type !== "list" && old.type !== "array") {
    throw errorAt(position, `found ${describeValue(old)}, expected a list with the index ${index}`);
  }
  const elements: ConfigValue[] = [...old?.elements ?? []];
  if (index > elements.length) {
    throw errorAt(
      position,
      `the list has ${elements.length} elements; the index may be at most ${elements.length}`,
    );
  }
  elements[index] = setIn(elements[index], rest, value, position);
  return { type: "list", elements, position: old?.position ?? position };
}
