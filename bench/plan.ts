/**
 * Measures how well `ccboost cluster plan` predicts a run on a real Slurm, which tests/long/slurm/cluster.sh starts on this machine:
 *
 *     deno run --allow-all bench/plan.ts 256,512,512 512,1024,1024
 *
 * Learns 300 stumps from a generated volume and scores one of each shape, by tasks of one thread, as many at a time as there are
 * cores. Prints for every stage the seconds predicted and those that Slurm took. Needs root, Debian's slurm-wlm and munge, some 20
 * bytes of disk a voxel in work/bench, and nothing else running.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateFixture } from "../fixtures/fixture.ts";
import { encodeTiff } from "../fixtures/tiff.ts";
import type { Zyx } from "../src/volume/region.ts";
import { NORMAL } from "./sizes.ts";
import { writeMirroredTiff } from "./volumes.ts";

const SHAPES = ["256,512,512", "512,1024,1024"];
const LEARNED: Zyx = [96, 256, 256];
/** Of the node's 4000 MB. */
const MEM = "1900MiB";
const POLL = 100;

const tasks = `${navigator.hardwareConcurrency}`;
const root = fileURLToPath(new URL("..", import.meta.url));
await Deno.mkdir(join(root, "work/bench"), { recursive: true });
const folder = await Deno.makeTempDir({ dir: join(root, "work/bench"), prefix: "plan-" });
const slurm = join(folder, "slurm");

async function output(command: string, args: readonly string[]): Promise<string> {
  const env = { SLURM_CONF: join(slurm, "slurm.conf") };
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], env, stdin: "null" })
    .output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

const cluster = (...args: readonly string[]) => {
  const [does = "", ...rest] = args;
  return output(join(root, "tests/long/slurm/cluster.sh"), [does, slurm, ...rest]);
};
const ccboost = (...args: readonly string[]) =>
  output(Deno.execPath(), ["run", "--allow-all", join(root, "cli.ts"), ...args]);

async function tell(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

async function writeConfig(shape: Zyx): Promise<string> {
  const { raw, labels } = generateFixture({ shape: LEARNED, anisotropy: 1, seed: 1 });
  await Deno.writeFile(join(folder, "train.tif"), encodeTiff(raw, LEARNED));
  await Deno.writeFile(join(folder, "labels.tif"), encodeTiff(labels, LEARNED));
  const volume = await writeMirroredTiff(folder, "isotropic", shape, NORMAL);
  const path = join(folder, `${shape.join("x")}.cfg`);
  await Deno.writeTextFile(
    path,
    `outFileName = "${join(folder, shape.join("x"))}"; numStumps = ${NORMAL.stumps};
train: { rawVolume = "train.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 1.0; };
test = ( { rawVolume = "${volume}"; zAnisotropyFactor = 1.0; } );
`,
  );
  return path;
}

interface Predicted {
  readonly hours: number;
  readonly stages: readonly { readonly stage: string; readonly hours: number }[];
}

async function predict(config: string): Promise<Predicted> {
  const size = ["--nodes", tasks, "--cpus", "1", "--mem", MEM];
  const lines = (await ccboost("plan", config, ...size, "--json")).trim().split("\n");
  return (JSON.parse(lines.at(-1) ?? "{}") as { data: Predicted }).data;
}

/** Waits until nothing is queued; when the first task of each job was seen to run and the last one, in seconds since `begin`. */
async function watchQueue(begin: number): Promise<Map<string, { from: number; to: number }>> {
  const times = new Map<string, { from: number; to: number }>();
  while (true) {
    const lines = (await cluster("queue")).split("\n").filter((line) => line !== "");
    if (lines.length === 0) return times;
    const now = (performance.now() - begin) / 1000;
    for (const line of lines) {
      const [name = "", , , state] = line.trim().split(/\s+/);
      if (state === "PENDING") continue;
      const stage = name.replace(/^ccboost-/, "");
      times.set(stage, { from: times.get(stage)?.from ?? now, to: now });
    }
    await new Promise((resolve) => setTimeout(resolve, POLL));
  }
}

try {
  await cluster("start", "usual");
  for (const text of Deno.args.length > 0 ? Deno.args : SHAPES) {
    const [nz = 0, ny = 0, nx = 0] = text.split(",").map(Number);
    const shape: Zyx = [nz, ny, nx];
    const config = await writeConfig(shape);
    const { hours, stages } = await predict(config);
    for (const { stage, hours } of stages) await tell(`  predicted ${stage}: ${(hours * 3600).toFixed(1)} s`);

    const begin = performance.now();
    await ccboost("submit", config, "--tasks", tasks, "--cpus", "1", "--mem", MEM, "--polarity", "none");
    const times = await watchQueue(begin);
    const took = (performance.now() - begin) / 1000;
    await Deno.stat(join(folder, `${shape.join("x")}-0-ab-max.nrrd`));
    for (const [stage, { from, to }] of times) {
      await tell(`  took ${stage}: ${(to - from).toFixed(1)} s, from second ${from.toFixed(1)} on`);
    }
    const predicted = hours * 3600;
    await tell(
      `${shape.join(" x ")}: predicted ${predicted.toFixed(1)} s, took ${took.toFixed(1)} s, ${
        (predicted / took).toFixed(2)
      } of it (0.75 to 1.25)`,
    );
  }
} finally {
  await cluster("stop");
  await Deno.remove(folder, { recursive: true });
}
