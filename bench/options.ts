/** The flags of `deno task bench`. */
import { parseArgs } from "node:util";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseBytes } from "../src/engine/mod.ts";
import type { Zyx } from "../src/volume/region.ts";
import type { Part } from "./part.ts";
import { partOf, PARTS } from "./parts.ts";
import { FULL_LARGE, NORMAL, QUICK, type Sizes, TINY } from "./sizes.ts";

/** What to measure, and how to print it. */
export interface Options {
  readonly parts: readonly Part[];
  readonly sizes: Sizes;
  /** Undefined: as each part says. */
  readonly repeat: number | undefined;
  readonly isJson: boolean;
  readonly saves: boolean;
  /** Path of the file to compare with. */
  readonly baseline: string;
  /** Holds a folder of volumes while the benchmark runs. */
  readonly folder: string;
  readonly memory: number;
}

/** What `--help` prints. */
export function helpText(): string {
  const parts = PARTS.map(({ name, about, repeat }) => `  ${name.padEnd(12)} ${about} (median of ${repeat})`);
  return `usage: deno task bench [flags]

  --only NAMES     parts to run, separated by commas (default: all)
  --repeat N       repetitions of each line
  --quick          smaller work: a look within minutes, not for comparison with normal figures
  --tiny           next to no work: tests that all parts run
  --size Z,Y,X     larger volume of the part growth
  --full           the same, 512,1024,1024 voxels: takes long
  --memory SIZE    budget of runs (default 2GiB)
  --json           measurements as JSON
  --save           write the medians to bench/baseline.json
  --baseline FILE  compare with, and save to, another file
  --folder FOLDER  for volumes, which are removed at the end (default work/bench)

parts:
${parts.join("\n")}
`;
}

/** Reads the flags; undefined where `--help` is among them. Throws where one is wrong. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: "string" },
      repeat: { type: "string" },
      quick: { type: "boolean" },
      tiny: { type: "boolean" },
      size: { type: "string" },
      full: { type: "boolean" },
      memory: { type: "string" },
      json: { type: "boolean" },
      save: { type: "boolean" },
      baseline: { type: "string" },
      folder: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return undefined;
  const sizes = values.tiny ? TINY : values.quick ? QUICK : NORMAL;
  const large = values.size !== undefined ? shapeOf(values.size) : values.full ? FULL_LARGE : sizes.large;
  return {
    parts: values.only === undefined ? PARTS : values.only.split(",").map((name) => partOf(name.trim())),
    sizes: { ...sizes, large },
    repeat: values.repeat === undefined ? undefined : countOf(values.repeat),
    isJson: values.json ?? false,
    saves: values.save ?? false,
    baseline: values.baseline ?? fileURLToPath(new URL("./baseline.json", import.meta.url)),
    folder: resolve(values.folder ?? fileURLToPath(new URL("../work/bench", import.meta.url))),
    memory: parseBytes(values.memory ?? "2GiB"),
  };
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--repeat is ${text}; expected a whole number above 0`);
}

function shapeOf(text: string): Zyx {
  const [z = 0, y = 0, x = 0, ...rest] = text.split(",").map(Number);
  const shape: Zyx = [z, y, x];
  if (rest.length === 0 && shape.every((n) => Number.isInteger(n) && n > 0)) return shape;
  throw new Error(`--size is ${text}; expected three whole numbers, z,y,x, such as 256,512,512`);
}
