/** Runs the command line as a process of its own, as users do. */
import { encodeTiff } from "../../fixtures/tiff.ts";
import { main } from "../../src/commands/main.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { generated } from "./generated.ts";
import { CLI } from "./project.ts";

/** How a process ended, and what it wrote. */
export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Starts `ccboost` with these arguments and the permissions of the task `ccboost`. */
export function start(...args: readonly string[]): Deno.ChildProcess {
  return startAllowed([], ...args);
}

/** Starts `ccboost` with further permissions. */
export function startAllowed(flags: readonly string[], ...args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", "--allow-write", ...flags, CLI, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

/** Runs `ccboost` to its end. */
export function ccboost(...args: readonly string[]): Promise<Finished> {
  return finish(start(...args));
}

/**
 * Runs a command line in this process, which takes no start of Deno for each. What it reads and writes is what a process would: one line
 * a command is tested as a process besides.
 */
export async function ccboostHere(...args: readonly string[]): Promise<Finished> {
  if (Object.hasOwn(Deno.stdout, "writeSync")) throw new Error("one command line at a time");
  const texts = { out: "", err: "" };
  const into = (name: "out" | "err") => {
    const decoder = new TextDecoder();
    return (bytes: Uint8Array) => {
      texts[name] += decoder.decode(bytes, { stream: true });
      return bytes.length;
    };
  };
  Deno.stdout.writeSync = into("out");
  Deno.stderr.writeSync = into("err");
  Deno.stderr.isTerminal = () => false;
  try {
    const code = await main(args);
    return { code, ...texts };
  } finally {
    // Behind them are the class's own again.
    Reflect.deleteProperty(Deno.stdout, "writeSync");
    Reflect.deleteProperty(Deno.stderr, "writeSync");
    Reflect.deleteProperty(Deno.stderr, "isTerminal");
  }
}

/** Waits for a process. */
export async function finish(process: Deno.ChildProcess): Promise<Finished> {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** A line of `--json`. */
export interface JsonLine {
  readonly event: string;
  readonly text?: string;
  readonly data?: Record<string, unknown>;
}

/** The lines of an output of `--json`; throws where one is no JSON object. */
export function jsonLines(out: string): JsonLine[] {
  return out.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as JsonLine);
}

/** The data of the last line of `--json`, which is the result. */
export function resultOf({ out }: Finished): Record<string, unknown> {
  const last = jsonLines(out).at(-1);
  if (last?.event !== "result" || last.data === undefined) throw new Error(`no result at the end of ${out}`);
  return last.data;
}

/** The names in a folder, sorted. */
export function namesIn(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** Writes labels or intensities as a TIFF. */
export async function writeTiffFile(path: string, voxels: Uint8Array, shape: Zyx): Promise<void> {
  await Deno.writeFile(path, encodeTiff(voxels, shape));
}

/** Writes scores as a NRRD file. */
export async function writeScores(path: string, scores: readonly number[], [z, y, x]: Zyx): Promise<void> {
  const header =
    `NRRD0004\ntype: float\ndimension: 3\nsizes: ${x} ${y} ${z}\nendian: little\nencoding: raw\n\n`;
  const parts = [new TextEncoder().encode(header), new Uint8Array(Float32Array.from(scores).buffer)];
  await Deno.writeFile(path, new Uint8Array(await new Blob(parts).arrayBuffer()));
}

/** The voxels of a NRRD file of 32-bit floats that this program wrote, components fastest. */
export async function readScores(path: string): Promise<Float32Array<ArrayBuffer>> {
  const bytes = await Deno.readFile(path);
  const end = new TextDecoder("latin1").decode(bytes.subarray(0, 2000)).indexOf("\n\n") + 2;
  return new Float32Array(bytes.slice(end).buffer);
}

/** Writes a generated volume with its labels and a configuration for a short training on it. */
export async function writeJob(folder: string): Promise<string> {
  const shape: Zyx = [40, 64, 64];
  const { raw, labels, synapses } = generated({ shape, seed: 3, synapses: 3 });
  await writeTiffFile(`${folder}/raw.tif`, raw, shape);
  await writeTiffFile(`${folder}/labels.tif`, labels, shape);
  const polarity = synapses.map(({ position: [z, y, x], polarity }) =>
    `{ pos = [${x}, ${y}, ${z}]; polarity = [${polarity.join(", ")}]; }`
  );
  const config = `${folder}/job.cfg`;
  await Deno.writeTextFile(
    config,
    `numStumps = 6; outFileName = "out"; numWLToExplorePerIter = 40; candidatePoses = 8;
borderMinDist = 2; minPosRegionSize = 10; NegSampleProportion = 3.0; reweightingSamplingRatio = 2;
train: {
  rawVolume = "raw.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 1.0;
  otherFeatures = ["gradient-magnitude-s1.0"];
  ccPolarity = (${polarity.join(", ")});
};
test = ( { rawVolume = "raw.tif"; otherFeatures = ["gradient-magnitude-s1.0"]; } );
`,
  );
  return config;
}
