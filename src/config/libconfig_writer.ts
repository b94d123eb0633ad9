/** Writes libconfig text. */
import { type ConfigGroup, type ConfigValue, NAME_PATTERN } from "./config_value.ts";
import { encodeString } from "./libconfig_string.ts";

const INDENT = "  ";

/**
 * The text of a group's settings, one per line; `parseLibconfig` reads the same values from it.
 *
 * @throws RangeError when a name is not libconfig's, a number not finite, or an integer not a safe one
 */
export function formatLibconfig(group: ConfigGroup): string {
  return formatSettings(group, "");
}

function formatSettings(group: ConfigGroup, indent: string): string {
  const lines = Array.from(group.settings, ([name, { value }]) => {
    if (!NAME_PATTERN.test(name)) throw new RangeError(`${JSON.stringify(name)} cannot be a setting's name`);
    return `${indent}${name} = ${formatValue(value, indent)};\n`;
  });
  return lines.join("");
}

function formatValue(value: ConfigValue, indent: string): string {
  switch (value.type) {
    case "integer":
      return formatInteger(value.value);
    case "float":
      return formatFloat(value.value);
    case "boolean":
      return String(value.value);
    case "string":
      return encodeString(value.value);
    case "array":
      return formatElements("[", value.elements, "]", indent);
    case "list":
      return formatElements("(", value.elements, ")", indent);
    case "group":
      return value.settings.size === 0 ? "{ }" : `{\n${formatSettings(value, indent + INDENT)}${indent}}`;
  }
}

function formatElements(
  open: string,
  elements: readonly ConfigValue[],
  close: string,
  indent: string,
): string {
  const inner = indent + INDENT;
  const texts = elements.map((element) => formatValue(element, inner));
  const long = texts.some((text) => text.includes("\n")) || texts.join(", ").length > 90;
  if (!long) return `${open}${texts.join(", ")}${close}`;
  return `${open}\n${texts.map((text) => inner + text).join(",\n")}\n${indent}${close}`;
}

function formatInteger(value: number): string {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is not an integer that libconfig text can hold`);
  }
  return (value + 0).toString(); // + 0 turns -0 into 0
}

/** Shortest digits that read back as the same float, always with a point or an exponent. */
function formatFloat(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`libconfig text has no notation for ${value}`);
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
