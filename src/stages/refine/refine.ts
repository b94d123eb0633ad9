/** What becomes of the first stage's scores: which refinement a run uses, and the stage that applies it. */
import { cellShape } from "../../autocontext/mod.ts";
import {
  type Calibration,
  type Model,
  type PlattScaling,
  type Refinement,
  sumOfAlphas,
  UNFITTED_PLATT,
} from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { Probability, RefineJob } from "../job.ts";
import { type FinishedStage, runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { planRefine } from "./plan.ts";
import { blockOutputs } from "../block_outputs.ts";

/** How a run's final scores are made, and what they mean. */
export interface FinalScores extends Calibration {
  /** Undefined where they are those of the stumps. */
  readonly refinement: Refinement | undefined;
  /** By what scores are divided before Platt scaling. */
  readonly total: number;
  /** The same of the stumps' own scores. */
  readonly first: { readonly platt: PlattScaling; readonly total: number };
}

/** What the settings make of a model: its second stage, its smoothing or another one, or its scores as they are. */
export function finalScores(
  model: Model,
  settings: Pick<Settings, "smoothing" | "autoContext">,
): FinalScores {
  const total = sumOfAlphas(model.stumps);
  const first = { platt: model.platt, total };
  const known = model.refinement;
  if (known?.autoContext && settings.autoContext) {
    const { threshold, platt } = known.autoContext;
    return { refinement: known, total: 1, first, ...calibration(platt, threshold) };
  }
  const smoothing = settings.smoothing === "auto"
    ? known?.smoothing
    : { sigma: settings.smoothing, platt: UNFITTED_PLATT };
  if (smoothing === undefined || smoothing.sigma[0] === 0) {
    return { refinement: undefined, total, first, ...calibration(model.platt, model.threshold) };
  }
  const { platt, threshold } = smoothing as Calibration;
  return { refinement: { smoothing }, total, first, ...calibration(platt, threshold) };
}

function calibration(platt: PlattScaling, threshold: number | undefined): Calibration {
  return threshold === undefined ? { platt } : { platt, threshold };
}

/** How a model's scores become probabilities. */
export function probabilityOf({ platt, total }: Pick<FinalScores, "platt" | "total">): Probability {
  return { platt, total };
}

/** Refines a volume's scores. */
export async function refineScores(
  context: RunContext,
  { job, raw }: RunVolume,
  { index, refinement, first, out, dependsOn }: {
    readonly index: number;
    readonly refinement: Refinement;
    readonly first: ZarrVolume;
    readonly out: ZarrVolume;
    readonly dependsOn: unknown;
  },
): Promise<FinishedStage> {
  const refineJob: RefineJob = {
    stage: "refine",
    raw: job.raw,
    scores: first.path,
    anisotropy: job.anisotropy,
    cell: cellShape(job.slic),
    refinement,
    out: out.path,
  };
  const { cell, anisotropy } = refineJob;
  return await runBlocks(context, {
    name: `refine-${index}`,
    title: `refine ${index}`,
    job: refineJob,
    outputs: blockOutputs(refineJob),
    plan: planRefine(context, { shape: raw.shape, cell, anisotropy }, refinement),
    dependsOn,
  });
}
