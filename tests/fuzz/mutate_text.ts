/** Mutations of texts that are made of tokens: libconfig, NRRD headers, JSON. */
import type { Random } from "./random.ts";

const TOKEN = /[A-Za-z_][A-Za-z_0-9-]*|[-+]?[0-9][0-9.eE+-]*|"(?:[^"\\]|\\.)*"|\s+|[^\sA-Za-z0-9]/g;

const TOKENS: readonly [string, ...string[]] = [
  "0",
  "-0",
  "1",
  "-1",
  "255",
  "256",
  "2147483648",
  "4294967295",
  "9007199254740993",
  "1152921504606846976",
  "18446744073709551616",
  "1e308",
  "1e999",
  "-1e38",
  "0.5",
  "NaN",
  "nan",
  "inf",
  "Infinity",
  "true",
  "null",
  "[]",
  "{}",
  "()",
  '""',
  '"',
  "\\",
  "/*",
  "//",
  "#",
  "@include",
  '@include "job.cfg"\n',
  '@include "../job.cfg"\n',
  '@include "common.cfg"\n',
  '"../../../../etc/passwd"',
  '"/dev/zero"',
  '"a\\x00b"',
  "\0",
  "\u202e",
  "\n\n",
  "raw",
  "gzip",
  "float",
  "uchar",
  "9".repeat(400),
  "x".repeat(3000),
];

const BRACKETS: readonly [string, ...string[]] = ["[", "(", "{", "{ a = ", "[[", "]", "(("];

/** One to a few mutations of tokens. */
export function mutateText(text: string, random: Random): string {
  let tokens: readonly string[] = text.match(TOKEN) ?? [text];
  const times = random.percent(60) ? 1 : 1 + random.below(6);
  for (let time = 0; time < times; time++) tokens = mutateTokens(tokens, random);
  return tokens.join("");
}

function mutateTokens(tokens: readonly string[], random: Random): string[] {
  const at = random.below(tokens.length + 1);
  const end = Math.min(tokens.length, at + 1 + random.below(random.percent(80) ? 2 : 20));
  const before = tokens.slice(0, at), cut = tokens.slice(at, end), after = tokens.slice(end);
  switch (random.below(6)) {
    case 0:
      return [...before, ...cut, ...cut, ...after];
    case 1:
      return [...before, ...after];
    case 2:
      return [...before, tokens[random.below(tokens.length)] ?? "", ...after];
    case 3:
      return [
        ...before,
        random.pick(BRACKETS).repeat(1 + random.below(random.percent(95) ? 3 : 20_000)),
        ...cut,
        ...after,
      ];
    case 4:
      return [...before, ...cut.reverse(), ...after];
    default:
      return [...before, random.pick(TOKENS), ...after];
  }
}

/** Values to put into JSON. */
const VALUES: readonly [unknown, ...unknown[]] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  3,
  64,
  2 ** 24,
  2 ** 31,
  2 ** 40,
  2 ** 53,
  2 ** 60,
  1e308,
  "",
  "NaN",
  "/",
  "/../../../",
  "uint8",
  "float32",
  "gzip",
  "zstd",
  "transpose",
  "sharding_indexed",
  [],
  {},
  [0],
  [-1, -1, -1],
  [1, 1, 1],
  [2 ** 20, 2 ** 20, 2 ** 20],
];

/** JSON with one value replaced, removed or doubled. */
export function mutateJson(text: string, random: Random): string {
  const root: unknown = JSON.parse(text);
  const times = random.percent(70) ? 1 : 1 + random.below(4);
  for (let time = 0; time < times; time++) {
    const holders = holdersIn(root);
    const holder = holders[random.below(holders.length)];
    if (holder === undefined) break;
    const keys = Object.keys(holder);
    const key = keys[random.below(keys.length)];
    if (key === undefined) continue;
    const fields = holder as Record<string, unknown>;
    if (random.percent(15) && !Array.isArray(holder)) delete fields[key];
    else if (random.percent(15)) fields[key] = [fields[key], structuredClone(fields[key])];
    else fields[key] = structuredClone(random.pick(VALUES));
  }
  return JSON.stringify(root);
}

/** All objects and arrays that hold anything. */
function holdersIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.values(value).flatMap(holdersIn);
  return Object.keys(value).length === 0 ? inside : [value, ...inside];
}
