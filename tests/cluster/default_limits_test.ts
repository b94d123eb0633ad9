/** By default no machine is too small, nor has too many processors for its memory. */
import assert from "node:assert/strict";
import { parseChannelName } from "../../src/channels/mod.ts";
import {
  crossFitPlansOf,
  refinePlanOf,
  scorePlanOf,
  trainingPlansOf,
} from "../../src/cluster/volume_plans.ts";
import { loadSettings, type Settings, type TestSettings } from "../../src/config/settings.ts";
import { type BlockPlan, limitsOf, memoryPerWorker } from "../../src/engine/mod.ts";
import { fewerThreadsText, type Resources } from "../../src/run/plan_stage.ts";
import type { Zyx } from "../../src/volume/region.ts";

const GIB = 2 ** 30;
const CORES = [1, 2, 16, 128];
const GIBIBYTES = [1, 2, 4, 8, 32, 1024];

const VOLUMES: readonly (readonly [name: string, shape: Zyx, anisotropy: number, stumps: number])[] = [
  ["thin slices", [100, 1024, 1024], 10, 2000],
  ["isotropic", [1024, 1024, 1024], 1, 2000],
  ["isotropic, few stumps", [512, 512, 512], 1, 300],
];

async function settingsOf(anisotropy: number, stumps: number): Promise<Settings> {
  const volume = `rawVolume = "v.tif"; zAnisotropyFactor = ${anisotropy}.0;`;
  const text = `outFileName = "out"; numStumps = ${stumps}; test = ( { ${volume} } );
    train = { ${volume} groundTruth = "t.tif"; ccPolarity = (); };`;
  return await loadSettings("/plan.cfg", {
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
    files: { readText: () => text, exists: () => true },
  });
}

/** All stages of blocks. */
function plansOf(
  settings: Settings,
  shape: Zyx,
  volume: TestSettings,
  resources: Resources,
): Record<string, BlockPlan> {
  const { samples, gather } = trainingPlansOf(settings, resources, shape, volume);
  const { scores, cells } = crossFitPlansOf(settings, resources, shape, volume);
  const refine = refinePlanOf(settings, resources, shape, volume);
  assert.ok(refine);
  return { samples, gather, scores, cells, score: scorePlanOf(settings, resources, shape, volume), refine };
}

/** Defaults of a machine. */
function resourcesOf(threads: number, physical: number): Resources {
  const { memory, workers } = limitsOf({}, {
    physical,
    threads,
    cgroup: undefined,
    slurm: undefined,
    slurmThreads: undefined,
  });
  return { memory, workers };
}

for (const [name, shape, anisotropy, stumps] of VOLUMES) {
  Deno.test(`every stage has a plan by default from 1 core and 1 GiB to 128 cores and 1 TiB: ${name}`, async () => {
    const settings = await settingsOf(anisotropy, stumps);
    const [volume] = settings.test;
    assert.ok(volume);
    for (const cores of CORES) {
      for (const gibibytes of GIBIBYTES) {
        // the smallest blocks are what an error is about, and quick to plan
        const resources = { ...resourcesOf(cores, gibibytes * GIB), blockShape: [1, 1, 1] as const };
        const { memory, workers: all } = resources;
        const plans: [string, BlockPlan][] = Object.entries(plansOf(settings, shape, volume, resources));
        for (const [stage, plan] of plans) {
          const { workers, threads, bytesPerWorker } = plan;
          const text = `${stage}: ${cores} cores, ${gibibytes} GiB`;
          assert.ok(workers >= 1 && workers <= threads && threads <= cores && threads <= all, text);
          assert.ok(bytesPerWorker <= memoryPerWorker(memory, workers, threads), text);
          assert.equal(fewerThreadsText(stage, plan, resources) === undefined, threads === all, text);
        }
      }
    }
  });
}

Deno.test("the largest and the smallest machine, and one with little memory for its cores, choose their blocks", async () => {
  const settings = await settingsOf(1, 2000);
  const [volume] = settings.test;
  assert.ok(volume);
  const shape = [512, 512, 512] as const;
  const plan = (resources: Resources) => scorePlanOf(settings, resources, shape, volume);
  const ratios = [[1, 1], [16, 2], [16, 64], [128, 1024]].map(([cores = 1, gibibytes = 1]) =>
    plan(resourcesOf(cores, gibibytes * GIB)).readRatio
  );
  assert.ok(ratios.every((ratio) => ratio >= 1 && ratio < 40), `${ratios}`);
  assert.throws(
    () => plan({ memory: 200 * 2 ** 20, workers: 16 }),
    /at least --memory \d+MiB is needed/,
    "memory that the user names must hold one block",
  );
});
