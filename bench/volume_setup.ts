/** A volume of a run with everything that blocks need, and a model for it. */
import { join } from "node:path";
import { componentsOf, defaultChannels, parseChannelName } from "../src/channels/mod.ts";
import { distinctPose, POSE_COUNT, type Stump, UNFITTED_PLATT, writeStumpFile } from "../src/boosting/mod.ts";
import { loadSettings } from "../src/config/settings.ts";
import { createReporter, openJournal } from "../src/engine/mod.ts";
import { newModel } from "../src/stages/model.ts";
import { openRunVolume, type RunVolume } from "../src/stages/inputs.ts";
import { drawPool } from "../src/stages/training/pool_poses.ts";
import type { Resources } from "../src/run/plan_stage.ts";
import type { RunContext } from "../src/run/run_context.ts";
import type { Zyx } from "../src/volume/region.ts";
import type { Setting } from "./part.ts";
import { ANISOTROPY, type Kind } from "./sizes.ts";
import { writeMirroredTiff } from "./volumes.ts";
import { WORKER_MODULES } from "../src/stages/worker_modules.ts";

/** A configuration that scores a mirrored volume with a model of random stumps. */
export interface ScoreConfig {
  readonly path: string;
  /** Path of the model. */
  readonly model: string;
}

/** Columns of the default channels and the raw intensity. */
export const COLUMNS = 1 + defaultChannels.reduce((sum, channel) => sum + componentsOf(channel), 0);

/**
 * Stumps as boosting leaves them: every column about equally often, poses from a pool of 500, thresholds in the middle of the
 * columns' ranges. Which way a stump decides changes nothing in the work.
 */
export function randomStumps(count: number): Stump[] {
  const pool = drawPool({ seed: 1, candidatePoses: 500, largestBox: 20, largestAngle: 90 });
  return Array.from({ length: count }, (_, i) => ({
    // odd multipliers far from the lengths of the lists: neighbours in the list are no neighbours in the pool
    pose: pool[(i * 197) % pool.length] ?? 0,
    column: (i * 7) % COLUMNS,
    threshold: i % 7 === 0 ? 128 : 20,
    invert: i % 2 === 1,
    alpha: 1 / (2 + i),
  }));
}

/** All different poses in the order of their chance. */
export function randomPoses(count: number): number[] {
  const distinct = Array.from({ length: POSE_COUNT }, (_, pose) => pose)
    .filter((pose) => distinctPose(pose) === pose);
  return Array.from({ length: count }, (_, i) => distinct[(i * 1009) % distinct.length] ?? 0);
}

/** Writes volume, model and configuration; what is there is kept. */
export async function writeScoreConfig(setting: Setting, kind: Kind, shape: Zyx): Promise<ScoreConfig> {
  const { folder, sizes } = setting;
  const anisotropy = ANISOTROPY[kind];
  const volume = await writeMirroredTiff(folder, kind, shape, sizes);
  const model = join(folder, `model-${kind}-${sizes.stumps}.cfg`);
  await writeStumpFile(
    model,
    { stumps: randomStumps(sizes.stumps), platt: UNFITTED_PLATT, join: "nearest" },
    anisotropy,
  );
  const path = join(folder, `score-${kind}-${shape.join("x")}.cfg`);
  await Deno.writeTextFile(
    path,
    `outFileName = "scores-${kind}-${shape.join("x")}"; numStumps = ${sizes.stumps};
savedStumpsPath = "${model}"; usedSavedStumpsPathOnlyForTesting = true;
test = ( { rawVolume = "${volume}"; zAnisotropyFactor = ${anisotropy.toFixed(1)}; } );
`,
  );
  return { path, model };
}

/** A volume that is open for a stage's functions. */
export interface OpenSetup extends AsyncDisposable {
  readonly context: RunContext;
  readonly volume: RunVolume;
  readonly model: string;
}

/** Converts the volume into a work folder named after `use`, which is removed on disposal. */
export async function openSetup(
  setting: Setting,
  kind: Kind,
  shape: Zyx,
  use: string,
  workers = 1,
): Promise<OpenSetup> {
  const { path, model } = await writeScoreConfig(setting, kind, shape);
  const settings = await loadSettings(path, {
    isKnownChannel: (stem) => parseChannelName(stem) !== undefined,
  });
  const workFolder = join(setting.folder, `work-${use}-${kind}-${shape.join("x")}-${workers}`);
  const journal = await openJournal(workFolder);
  const resources: Resources = { memory: setting.memory, workers };
  const context: RunContext = {
    settings,
    polarity: "none",
    resources,
    workerModules: WORKER_MODULES,
    workFolder,
    journal,
    reporter: createReporter({ mode: "quiet", write() {} }),
  };
  const [test] = settings.test;
  if (!test) throw new Error(`${path} has no test volume`);
  const volume = await openRunVolume(context, test, newModel(settings));
  return {
    context,
    volume,
    model,
    async [Symbol.asyncDispose]() {
      await journal.close();
      await Deno.remove(workFolder, { recursive: true });
    },
  };
}
