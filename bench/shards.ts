/**
 * Measures what it costs to share a run, and how well its hours are predicted:
 *
 *     deno run --allow-all bench/shards.ts 512,1024,1024 [tasks] [MiB]
 *
 * Scores a generated volume with 300 stumps once by `ccboost run` and once as shards, one after the other on the same cores and with
 * the same memory, by the script that `ccboost cluster submit --engine shell` writes; and lets `ccboost cluster plan` estimate it for one machine. Needs
 * some 20 bytes of disk a voxel in work/bench, and nothing else running.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseChannelName } from "../src/channels/mod.ts";
import { measureCosts } from "../src/cluster/costs.ts";
import { estimateRun } from "../src/cluster/estimate.ts";
import { memoryOfTask } from "../src/cluster/script.ts";
import { predicted } from "../src/cluster/dry_run.ts";
import { loadSettings } from "../src/config/settings.ts";
import type { Zyx } from "../src/volume/region.ts";
import { NORMAL } from "./sizes.ts";
import { writeScoreConfig } from "./volume_setup.ts";

const [size = "512,1024,1024", tasks = "8", mebibytes = "4096"] = Deno.args;
const [nz = 0, ny = 0, nx = 0] = size.split(",").map(Number);
const shape: Zyx = [nz, ny, nx];
const cores = navigator.hardwareConcurrency;
const mem = Number(mebibytes) * 2 ** 20;
const memory = memoryOfTask(mem);
const root = fileURLToPath(new URL("..", import.meta.url));
await Deno.mkdir(join(root, "work/bench"), { recursive: true });
const folder = await Deno.makeTempDir({ dir: join(root, "work/bench"), prefix: "shards-" });

/** Seconds that a program takes. */
async function timed(command: string, args: readonly string[]): Promise<number> {
  const begin = performance.now();
  const { success, stderr } = await new Deno.Command(command, { args: [...args], stdout: "null" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return (performance.now() - begin) / 1000;
}

async function tell(line: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${line}\n`));
}

try {
  const setting = { sizes: NORMAL, repeat: 1, folder, memory, reference: "" };
  const { path } = await writeScoreConfig(setting, "isotropic", shape);
  const cli = ["run", "--no-prompt", "--allow-read", "--allow-write", join(root, "cli.ts")];
  const out = (name: string) => ["--set", `outFileName="${join(folder, name)}"`];

  const limits = ["--workers", `${cores}`, "--memory", `${memory}`];
  const local = await timed(Deno.execPath(), [...cli, "run", path, ...out("local"), ...limits, "--quiet"]);
  await tell(`ccboost run: ${local.toFixed(1)} s`);

  const like = ["--engine", "shell", "--tasks", tasks, "--cpus", `${cores}`, "--mem", `${mem}`];
  const submit = await timed(Deno.execPath(), [...cli, "submit", path, ...out("shared"), ...like]);
  const shared = submit + await timed("sh", [join(folder, "shared-work", "shards", "run.sh")]);
  await tell(
    `${tasks} tasks a stage: ${shared.toFixed(1)} s, ${(shared / local).toFixed(2)} of it (at most 1.25)`,
  );

  const settings = await predicted(
    await loadSettings(path, { isKnownChannel: (stem) => parseChannelName(stem) !== undefined }),
  );
  const samples = join(folder, "samples");
  await Deno.mkdir(samples);
  const costs = await measureCosts(settings, { folder: samples, memory });
  const [volume] = settings.test;
  if (volume === undefined) throw new Error("nothing is scored");
  const one = { scheduler: "none", nodes: 1, cpus: cores, memory, bandwidth: 2 ** 40 } as const;
  const estimate = estimateRun(settings, costs, one, {
    scored: [{ name: "0", shape, volume }],
    learned: [],
  });
  const told = estimate.hours * 3600;
  await tell(
    `ccboost plan: ${told.toFixed(1)} s, ${(told / local).toFixed(2)} of ccboost run (0.75 to 1.25)`,
  );
} finally {
  await Deno.remove(folder, { recursive: true });
}
