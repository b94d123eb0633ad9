/** Forms of settings: what a value must look like, how it is read from libconfig and written again. */
import {
  arrayValue,
  booleanValue,
  type ConfigScalar,
  type ConfigValue,
  describeValue,
  floatValue,
  integerValue,
  listValue,
  type Position,
  stringValue,
} from "./config_value.ts";
import { LABELS_EXPECTED, parseLabels } from "./label_values.ts";
import type { PathTest } from "./location.ts";
import type { RescaleSetting, Settings, SmoothingSetting, TestSettings } from "./settings_types.ts";

/** One thing that is wrong with a configuration. */
export interface Problem {
  readonly position: Position | undefined;
  readonly message: string;
}

/** What reading a setting needs to know beyond its value. */
export interface SettingsContext {
  /** Absolute path of the folder that relative paths start from. */
  readonly folder: string;
  readonly exists: PathTest;
  readonly isKnownChannel: (stem: string) => boolean;
  /** `zAnisotropyFactor` of a volume that names none. */
  readonly usualAnisotropy: number;
  /** What holds for volumes that do not name it. */
  readonly usualVolume?: Pick<TestSettings, "rescale" | "voxelSize"> & Partial<Pick<Settings, "useSynapses">>;
  readonly problems: Problem[];
  /** The full names of the keys that are called so, in whatever group. */
  readonly homesOf: (key: string) => readonly string[];
}

/** A kind of value. `read` returns undefined after it has added to the context's problems. */
export interface Form<V> {
  /** Ends the sentence "must be ...". */
  readonly expected: string;
  readonly read: (value: ConfigValue, name: string, context: SettingsContext) => V | undefined;
  readonly write: (value: V) => ConfigValue;
}

export interface Range {
  readonly min: number;
  readonly max?: number;
}

/** Adds a problem with the value at `name` and returns undefined. */
export function reject(context: SettingsContext, value: ConfigValue, message: string): undefined {
  context.problems.push({ position: value.position, message });
  return undefined;
}

/** Adds the problem that the value at `name` does not have its form. */
export function rejectForm(
  context: SettingsContext,
  value: ConfigValue,
  name: string,
  expected: string,
): undefined {
  return reject(context, value, `${name} is ${describeValue(value)}; it must be ${expected}`);
}

/** A whole number; a float without a fraction, such as `1e3`, is one too. */
export function integerForm(range: Range): Form<number> {
  return numberForm("an integer", range, Number.isSafeInteger, integerValue);
}

/** A number; an integer is one too. */
export function floatForm(range: Range): Form<number> {
  return numberForm("a number", range, Number.isFinite, floatValue);
}

function numberForm(
  noun: string,
  { min, max = Infinity }: Range,
  accepts: (value: number) => boolean,
  write: (value: number) => ConfigValue,
): Form<number> {
  const expected = max === Infinity ? `${noun} of at least ${min}` : `${noun} from ${min} to ${max}`;
  return {
    expected,
    read(value, name, context) {
      const isNumber = value.type === "integer" || value.type === "float";
      if (isNumber && accepts(value.value) && value.value >= min && value.value <= max) {
        return value.value + 0;
      }
      return rejectForm(context, value, name, expected);
    },
    write,
  };
}

export const booleanForm: Form<boolean> = {
  expected: "true or false",
  read(value, name, context) {
    return value.type === "boolean" ? value.value : rejectForm(context, value, name, "true or false");
  },
  write: booleanValue,
};

/** @param options.empty whether the text may be empty */
export function textForm(expected: string, options: { empty: boolean }): Form<string> {
  return {
    expected,
    read(value, name, context) {
      const accepted = value.type === "string" && (options.empty || value.value.trim() !== "");
      return accepted ? value.value : rejectForm(context, value, name, `${expected}, in double quotes`);
    },
    write: stringValue,
  };
}

/** One of a few words. */
export function choiceForm<T extends string>(choices: readonly T[]): Form<T> {
  const expected = `one of ${choices.map((choice) => `"${choice}"`).join(", ")}`;
  return {
    expected,
    read(value, name, context) {
      const found = choices.find((choice) => value.type === "string" && value.value === choice);
      return found ?? rejectForm(context, value, name, expected);
    },
    write: stringValue,
  };
}

/** `"auto"`, or two numbers of which the second is larger. */
export const rescaleForm: Form<RescaleSetting> = {
  expected: `[low, high], two numbers with low < high, or "auto"`,
  read(value, name, context) {
    if (value.type === "string" && value.value === "auto") return "auto";
    if ((value.type === "array" || value.type === "list") && value.elements.length === 2) {
      const [low, high] = value.elements.map((item) =>
        item.type === "integer" || item.type === "float" ? item.value : NaN
      );
      if (low !== undefined && high !== undefined && high > low && Number.isFinite(high - low)) {
        return [low, high];
      }
    }
    return rejectForm(context, value, name, rescaleForm.expected);
  },
  write: (value) => value === "auto" ? stringValue(value) : arrayValue(value.map((item) => floatValue(item))),
};

/** `"auto"`, or a value of another form. */
export function orAuto<V extends number>(form: Form<V>): Form<V | "auto"> {
  return {
    expected: `${form.expected}, or "auto"`,
    read: (value, name, context) =>
      value.type === "string" && value.value === "auto" ? "auto" : form.read(value, name, context),
    write: (value) => value === "auto" ? stringValue(value) : form.write(value),
  };
}

/** Largest sigma of smoothing, x/y voxels. */
const MAX_SMOOTHING = 100;

/** `"auto"`, one sigma, or one in the slice and one across slices. */
export const smoothingForm: Form<SmoothingSetting> = {
  expected:
    `a sigma from 0 to ${MAX_SMOOTHING} in x/y voxels, two of them [within slices, across slices], or "auto"`,
  read(value, name, context) {
    if (value.type === "string" && value.value === "auto") return "auto";
    const isSequence = value.type === "array" || value.type === "list";
    const sigmas = (isSequence ? value.elements : [value]).map((item) =>
      item.type === "integer" || item.type === "float" ? item.value + 0 : NaN
    );
    const [inSlice, acrossSlices = inSlice] = sigmas;
    const isValid = sigmas.length <= 2 && sigmas.every((sigma) => sigma >= 0 && sigma <= MAX_SMOOTHING);
    if (isValid && inSlice === 0 && acrossSlices !== undefined && acrossSlices > 0) {
      return reject(
        context,
        value,
        `${name} is [0, ${acrossSlices}], but scores cannot be smoothed across slices alone; ` +
          `set it to ${acrossSlices} to smooth in the slice, too, or to 0 for no smoothing`,
      );
    }
    if (isValid && inSlice !== undefined && acrossSlices !== undefined) return [inSlice, acrossSlices];
    return rejectForm(context, value, name, smoothingForm.expected);
  },
  write: (value) => value === "auto" ? stringValue(value) : arrayValue(value.map((item) => floatValue(item))),
};

/** Which values of a label volume are negative and positive. */
export const labelsForm: Form<string> = {
  expected: LABELS_EXPECTED,
  read(value, name, context) {
    const text = value.type === "string" ? value.value.replace(/\s+/g, "") : "";
    return parseLabels(text) === undefined ? rejectForm(context, value, name, LABELS_EXPECTED) : text;
  },
  write: stringValue,
};

/** Any number of values of one form, in an array or a list. Elements are named `name[index]`. */
export function sequenceForm<V>(item: Form<V>, expected: string): Form<readonly V[]> {
  return {
    expected,
    read(value, name, context) {
      if (value.type !== "array" && value.type !== "list") return rejectForm(context, value, name, expected);
      const read = value.elements.map((element, index) => item.read(element, `${name}[${index}]`, context));
      const valid = read.filter((element) => element !== undefined);
      return valid.length === read.length ? valid : undefined;
    },
    write: (values) => writeElements(values.map(item.write)),
  };
}

/** Three numbers in the order x, y, z, in an array or a list. */
export function tripleForm(item: Form<number>, expected: string): Form<readonly [number, number, number]> {
  return {
    expected,
    read(value, name, context) {
      if (value.type !== "array" && value.type !== "list" || value.elements.length !== 3) {
        return rejectForm(context, value, name, expected);
      }
      const [x, y, z] = value.elements.map((element, axis) =>
        item.read(element, `${name}[${axis}]`, context)
      );
      return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
    },
    write: (values) => writeElements(values.map(item.write)),
  };
}

/** One value, which may stand alone, or a list of any number of them. Alone it is called `name`, in a list `name[index]`. */
export function oneOrMoreForm<V>(item: Form<V>, expected: string): Form<readonly V[]> {
  const list = sequenceForm(item, expected);
  return {
    expected,
    read(value, name, context) {
      if (value.type === "array" || value.type === "list") return list.read(value, name, context);
      if (value.type !== "group") return rejectForm(context, value, name, expected);
      const one = item.read(value, name, context);
      return one === undefined ? undefined : [one];
    },
    write: (values) => {
      const [only, ...others] = values;
      return only !== undefined && others.length === 0 ? item.write(only) : list.write(values);
    },
  };
}

function writeElements(elements: readonly ConfigValue[]): ConfigValue {
  const scalars = elements.filter((element): element is ConfigScalar => "value" in element);
  return scalars.length === elements.length ? arrayValue(scalars) : listValue(elements);
}
