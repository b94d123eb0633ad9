/** `ccboost cluster plan`: what a run would take on a cluster, from costs that are measured here. */
import { dirname, join, resolve } from "node:path";
import { type Costs, measureCosts } from "../cluster/costs.ts";
import { predicted, volumesOf } from "../cluster/dry_run.ts";
import { type ClusterEstimate, type EstimatedVolumes, estimateRun } from "../cluster/estimate.ts";
import { defaultTaskMemory, memoryOfTask } from "../cluster/script.ts";
import { type ClusterSize, voxelsOfAll } from "../cluster/stage_time.ts";
import { parseChannelName } from "../channels/mod.ts";
import { loadSettings, type Settings } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { formatBytes, formatCount, formatDuration, limitsOf } from "../engine/mod.ts";
import { removeFolder } from "../run/work_folder.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { loadConfiguration } from "./configuration.ts";
import { anisotropyFlag, bytesOf, numberOf, shapeOf, textOf } from "./flag_values.ts";
import type { GivenFlags } from "./flags.ts";
import { settingsOptions } from "./run_settings.ts";
import { alignColumns } from "./text_table.ts";
import { makeFolder } from "./volumes.ts";

const DEFAULT_CPUS = 4;
export const DEFAULT_BANDWIDTH = 2 * 2 ** 30;

export const planCommand: Command = {
  name: "cluster plan",
  oldName: "plan",
  summary: "predict time and disk space of a run on a cluster",
  operands: [{ name: "config", help: "configuration file (without it: default settings)", isOptional: true }],
  flags: ["shape", "nodes", "cpus", "mem", "bandwidth", "anisotropy", "set", "seed", "work"],
  flagHelp: { work: "folder for temporary files (default: that of the configuration)" },
  description:
    "Predicts how long a run takes, on this machine or on a cluster. First it measures for about a\n" +
    "minute how fast this machine is. For each stage of the run it prints the blocks, files, bytes and\n" +
    "hours, and at the end what slows the run down and what would help. Without --nodes it predicts a\n" +
    "run on one machine like this one; --cpus and --mem describe another. --shape predicts volumes of\n" +
    "that size instead of those in the configuration. It assumes that the file system can create 5,000\n" +
    "files per second.",
  examples: [
    "cluster plan --shape 10000,10000,10000 --nodes 100 --cpus 32",
    "cluster plan config.cfg --nodes 16 --cpus 8 --mem 64GiB",
  ],
  run: plan,
};

async function plan(call: Call): Promise<void> {
  const { flags, reporter } = call;
  const config = operandAt(call, 0);
  const shape = shapeOf(flags, "shape");
  if (config === "" && shape === undefined) {
    throw new UserError("give a configuration or a --shape, such as --shape 10000,10000,10000");
  }
  const settings = config === ""
    ? await defaultSettings(flags)
    : await predicted(await loadConfiguration(config, flags));
  const cluster = clusterOf(flags);
  const volumes = await volumesOf(settings, shape);
  const parent = resolve(textOf(flags, "work") ?? dirname(resolve(config)));
  const costs = await measuredCosts(call, settings, cluster, volumes, parent);
  const estimate = estimateRun(settings, costs, cluster, volumes);
  reporter.result(describeEstimate(estimate, costs, cluster), jsonOfEstimate(estimate, costs));
}

/** Measures in a folder of its own in `parent`, which is gone afterwards. */
export async function measuredCosts(
  { reporter, signal }: Pick<Call, "reporter" | "signal">,
  settings: Settings,
  { memory }: Pick<ClusterSize, "memory">,
  { learned }: EstimatedVolumes,
  parent: string,
): Promise<Costs> {
  reporter.message("measuring the speed of this machine, about a minute");
  await makeFolder(parent);
  const folder = await Deno.makeTempDir({ dir: parent, prefix: ".ccboost-plan-" });
  try {
    return await measureCosts(settings, { folder, memory, learnedVoxels: voxelsOfAll(learned), signal });
  } finally {
    await removeFolder(folder);
  }
}

/** What a cluster's tasks may take, by the flags; where they say nothing of the machines, this one, as `ccboost run` would use it. */
function clusterOf(flags: GivenFlags): ClusterSize {
  const cpus = numberOf(flags, "cpus", { from: 1, to: 1024, isWhole: true });
  const nodes = numberOf(flags, "nodes", { from: 1, to: 100_000, isWhole: true }) ?? 1;
  const memory = bytesOf(flags, "mem");
  const bandwidth = bytesOf(flags, "bandwidth") ?? DEFAULT_BANDWIDTH;
  const scheduler = nodes > 1 ? "slurm" : "none";
  if (nodes === 1 && cpus === undefined && memory === undefined) {
    const here = limitsOf({});
    return { scheduler, nodes, cpus: here.workers, memory: here.memory, bandwidth };
  }
  const threads = cpus ?? DEFAULT_CPUS;
  return {
    scheduler,
    nodes,
    cpus: threads,
    memory: memoryOfTask(memory ?? defaultTaskMemory(threads)),
    bandwidth,
  };
}

/** The default settings with what the flags set; no file of theirs is looked for. */
async function defaultSettings(flags: GivenFlags): Promise<Settings> {
  const text = `outFileName = "out"; savedStumpsPath = "stumps.cfg"; usedSavedStumpsPathOnlyForTesting = true;
test = ( { rawVolume = "volume.tif"; zAnisotropyFactor = ${anisotropyFlag(flags).toFixed(6)}; } );`;
  return await loadSettings(join("/", "plan.cfg"), {
    ...settingsOptions(flags),
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
    files: { readText: () => text, exists: (path) => /(volume\.tif|stumps\.cfg)$/.test(path) },
  });
}

/** An estimate as a table, and what it rests on. */
export function describeEstimate(estimate: ClusterEstimate, { score }: Costs, cluster: ClusterSize): string {
  const head = [
    "stage",
    "blocks",
    "block z,y,x",
    "read/write",
    "files",
    "read",
    "written",
    "thread hours",
    "time",
    "bottleneck",
  ];
  const rows = estimate.stages.map((stage) => [
    stage.stage,
    formatCount(stage.blocks),
    stage.blockShape?.join(",") ?? "",
    stage.readRatio?.toFixed(2) ?? "",
    formatCount(stage.files),
    formatBytes(stage.bytesRead),
    formatBytes(stage.bytesWritten),
    stage.threadHours.toFixed(stage.threadHours < 10 ? 2 : 0),
    formatDuration(stage.hours * 3600),
    stage.bottleneck,
  ]);
  const { nodes, cpus, memory, bandwidth } = cluster;
  return [
    alignColumns([head, ...rows], "lrrrrrrrrl"),
    "",
    `${nodes === 1 ? "one machine" : `${nodes} tasks at a time, each`} of ${cpus} threads and ` +
    `${formatBytes(memory)}; ${formatBytes(bandwidth)}/s file bandwidth`,
    `total ${formatDuration(estimate.hours * 3600)}, ${formatCount(estimate.files)} files, ` +
    `${formatBytes(estimate.bytes)} written`,
    `bottleneck: ${estimate.bottleneck}; to speed it up: ${estimate.advice}`,
    `measured: scoring takes ${nanoseconds(score.read)} per voxel read and ${nanoseconds(score.write)} ` +
    "per voxel written, on one thread",
  ].join("\n");
}

function nanoseconds(seconds: number): string {
  return `${Math.round(seconds * 1e9)} ns`;
}

/** An estimate as the data of a JSON line. */
export function jsonOfEstimate({ stages, ...rest }: ClusterEstimate, costs: Costs) {
  return {
    ...rest,
    stages: stages.map((stage) => ({
      ...stage,
      blockShape: stage.blockShape ? [...stage.blockShape] : null,
    })),
    costs: {
      score: { ...costs.score },
      ...(costs.samples && costs.gather
        ? { samples: { ...costs.samples }, gather: { ...costs.gather } }
        : {}),
    },
  };
}
