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
import type { Region } from "../../volume/region.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import type { RunVolume } from "../inputs.ts";
import type { BlocksOfScores } from "../export/level_arrays.ts";
import type { LevelArray, Probability, RefineJob } from "../stage_jobs.ts";
import { type FinishedStage, runBlocks } from "../../run/run_blocks.ts";
import type { RunContext } from "../../run/run_context.ts";
import { planRefine } from "./plan_cells.ts";
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
    return {
      refinement: { ...known, ...smoothedBy(settings) },
      total: 1,
      first,
      ...calibration(platt, threshold),
    };
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

/** The smoothing of a second stage's scores, where the settings ask for it. */
export function smoothedBy({ smoothing }: Pick<Settings, "smoothing">): Pick<Refinement, "smoothedBy"> {
  return smoothing === "auto" || smoothing[0] === 0 ? {} : { smoothedBy: smoothing };
}

function calibration(platt: PlattScaling, threshold: number | undefined): Calibration {
  return threshold === undefined ? { platt } : { platt, threshold };
}

/** How a model's scores become probabilities. */
export function probabilityOf({ platt, total }: Pick<FinalScores, "platt" | "total">): Probability {
  return { platt, total };
}

/** What is refined, and how the stage is called. */
interface Refining {
  readonly name: string;
  readonly title: string;
  readonly refinement: Refinement;
  readonly first: ZarrVolume;
  readonly out: ZarrVolume;
  /** The only part that is refined, beyond which nothing is known; the whole volume where it is left out. */
  readonly within?: Region;
  /** Coarser levels that are made with it. */
  readonly levels?: readonly LevelArray[];
  /** Of what blocks are made; default chunks. */
  readonly blocks?: BlocksOfScores;
  readonly dependsOn: unknown;
}

/** Refines a volume's scores. */
export async function refineScores(
  context: RunContext,
  { job: { raw: path, anisotropy, slic }, raw: { shape } }: RunVolume,
  { name, title, refinement, first, out, within, levels, blocks, dependsOn }: Refining,
): Promise<FinishedStage> {
  const cell = cellShape(slic);
  const job: RefineJob = {
    stage: "refine",
    raw: path,
    scores: first.path,
    anisotropy,
    cell,
    refinement,
    ...(within === undefined ? {} : { within }),
    out: out.path,
    ...(levels === undefined ? {} : { levels }),
  };
  const plan = planRefine(context, { shape, cell, anisotropy }, refinement, {
    ...blocks,
    parts: within && [within],
  });
  return await runBlocks(context, { name, title, job, outputs: blockOutputs(job), plan, dependsOn });
}
