/** Groups of settings: a table of keys, each with its form, its default and its line of help. */
import { type ConfigGroup, type ConfigValue, describeValue, groupValue } from "./config_value.ts";
import { nearestName } from "./nearest_name.ts";
import { booleanForm, type Form, rejectForm, type SettingsContext } from "./settings_form.ts";
import { shorten } from "../user_error.ts";

/** A guess what an unknown key should be takes time; nobody reads this many. */
const MOST_GUESSES = 50;

export interface Key<V> {
  readonly form: Form<V>;
  readonly help: string;
  /** What holds where the key is left out, as the documentation says it; absent where the key must be given. */
  readonly fallback?: {
    readonly text: string;
    /** Undefined where the property is then left out too. */
    readonly make: (context: SettingsContext) => V | undefined;
  };
}

/** A key for every property of `T`. */
export type KeyTable<T> = { readonly [K in keyof T]-?: Key<Exclude<T[K], undefined>> };

/** A key that must be given. */
export function required<V>(form: Form<V>, help: string): Key<V> {
  return { form, help };
}

/** A key with a default. `text` says it in the documentation where the value alone would not. */
export function defaulted<V>(form: Form<V>, value: V, help: string, text?: string): Key<V> {
  return { form, help, fallback: { text: text ?? describeValue(form.write(value)), make: () => value } };
}

/** A key for something that is not done unless it is wanted. */
export function offByDefault(help: string): Key<boolean> {
  return defaulted(booleanForm, false, help);
}

/** A key for something that is done unless it is not wanted. */
export function onByDefault(help: string): Key<boolean> {
  return defaulted(booleanForm, true, help);
}

/** A key that may be left out; `text` says in the documentation what then holds. */
export function optional<V>(form: Form<V>, help: string, text: string): Key<V> {
  return { form, help, fallback: { text, make: () => undefined } };
}

/** The form of a group `{ }` with the given keys. */
export function groupForm<T extends object>(keys: KeyTable<T>, expected: string): Form<T> {
  return {
    expected,
    read(value, name, context) {
      if (value.type !== "group") return rejectForm(context, value, name, expected);
      return readGroup(keys, value, name, context);
    },
    write: (values) => writeGroup(keys, values),
  };
}

/**
 * Reads a group's settings. Unknown keys, missing keys and wrong values all go to the context's problems.
 *
 * @param name the group's own name, empty for a whole configuration
 * @returns undefined when any key of the group has a problem
 */
export function readGroup<T extends object>(
  keys: KeyTable<T>,
  group: ConfigGroup,
  name: string,
  context: SettingsContext,
): T | undefined {
  const prefix = name === "" ? "" : `${name}.`;
  const problemsBefore = context.problems.length;
  const known = Object.keys(keys);
  for (const [found, { position }] of group.settings) {
    if (known.includes(found)) continue;
    const guess = context.problems.length < MOST_GUESSES ? known : [];
    context.problems.push({ position, message: describeUnknown(prefix, found, guess, context.homesOf) });
  }
  const values = Object.entries<Key<unknown>>(keys as Record<string, Key<unknown>>).flatMap(([key, rule]) => {
    const value = readKey(rule, group, prefix + key, group.settings.get(key)?.value, context);
    return value === undefined ? [] : [[key, value] as const];
  });
  if (context.problems.length > problemsBefore) return undefined;
  return Object.fromEntries(values) as T; // every key of T was read by its own form
}

function readKey(
  key: Key<unknown>,
  group: ConfigGroup,
  name: string,
  value: ConfigValue | undefined,
  context: SettingsContext,
): unknown {
  if (value !== undefined) return key.form.read(value, name, context);
  if (key.fallback !== undefined) return key.fallback.make(context);
  context.problems.push({
    position: group.position,
    message: `${name} is missing; set it to ${key.form.expected}`,
  });
  return undefined;
}

function describeUnknown(
  prefix: string,
  found: string,
  known: readonly string[],
  homesOf: SettingsContext["homesOf"],
): string {
  const name = `${prefix}${shorten(found, 80)}`;
  const near = nearestName(found, known);
  const isSpeltOtherwise = near?.toLowerCase() === found.toLowerCase();
  const homes = known.length === 0 || isSpeltOtherwise ? [] : homesOf(found);
  if (homes.length > 0) return `${name} is not a known key here; ${homeText(prefix, homes)}`;
  const hint = near === undefined
    ? `the keys here are ${known.join(", ")}`
    : `did you mean ${prefix}${near}?`;
  return `${name} is not a known key; ${known.length > 0 ? hint : "remove it"}`;
}

/** Where a key of another group belongs. */
function homeText(prefix: string, homes: readonly string[]): string {
  const outside = homes.find((home) => !home.includes("."));
  if (outside === undefined) return `it belongs in ${homes.join(" or ")}`;
  return `${outside} belongs outside all groups: move it out of ${prefix.replace(/\.$/, "")}`;
}

/** The libconfig group that reads back as `values`. */
export function writeGroup<T extends object>(keys: KeyTable<T>, values: T): ConfigGroup {
  const writeKey = <K extends keyof T & string>(key: K): [string, ConfigValue | undefined] => {
    const value = values[key];
    const form: Form<Exclude<T[K], undefined>> = keys[key].form;
    return [key, value === undefined ? undefined : form.write(value as Exclude<T[K], undefined>)];
  };
  return groupValue(Object.fromEntries((Object.keys(keys) as (keyof T & string)[]).map(writeKey)));
}
