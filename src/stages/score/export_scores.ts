/** Writes a volume's scores as the files that the settings ask for. */
import { once } from "../../run/once.ts";
import { shownPath } from "../../run/work_folder.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { VoxelSize } from "../../volume/voxel_size.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { exportWithProgress } from "../export/results.ts";
import { type FinalScores, probabilityOf } from "../refine/refine.ts";
import type { FilledScores, ScoreLayout } from "../export/level_arrays.ts";
import { exportMultiscale } from "../export/multiscale_results.ts";
import { exportPrecomputedResult } from "../export/precomputed_results.ts";
import type { Probability } from "../stage_jobs.ts";
import { scoreFile, type WrittenFile } from "./score_files.ts";

/** Scores of a volume. */
interface ScoreArrays {
  readonly max: FilledScores;
  readonly min: FilledScores | undefined;
  readonly orientation: ZarrVolume | undefined;
  /** Scores of the first stage. */
  readonly first: FilledScores;
}

/** Writes the scores as files. `fingerprint`: of the stage that made them. */
export async function exportScores(
  context: RunContext,
  index: number,
  { max, min, orientation, first }: ScoreArrays,
  { final, fingerprint, layout, anisotropy, voxelSize }: {
    readonly final: FinalScores;
    readonly fingerprint: string;
    readonly layout: ScoreLayout;
    readonly anisotropy: number;
    /** As the run has it now; the scores may have been made before it was known. */
    readonly voxelSize: VoxelSize | undefined;
  },
): Promise<WrittenFile[]> {
  const { settings } = context;
  const prefix = `${settings.outFileName}-${index}-`;
  const [platt, ofStumps] = settings.outputPlattScaling
    ? [probabilityOf(final), probabilityOf(final.first)]
    : [null, null];
  const worse = "first-stage scores of the worse frame, for experiments";
  const asked = [
    { scores: max, name: "max", what: "the result", probability: platt },
    ...(min ? [{ scores: min, name: "min", what: worse, probability: ofStumps }] : []),
    ...(settings.outputFirstStage
      ? [{ scores: first, name: "first", what: "first-stage scores", probability: null }]
      : []),
  ];
  const results = asked.map((result) => ({ ...result, path: scoreFile(settings, index, result.name) }));
  const later = max.target.voxelSize?.join() === voxelSize?.join() ? {} : { voxelSize: voxelSize ?? null };
  const platted = settings.outputPlattScaling ? { ...final.platt } : null;
  const dependsOn = { print: fingerprint, platt: platted, ...later };
  const write = async (volume: ZarrVolume, path: string, probability: Probability | null) => {
    const run = async () => {
      await exportWithProgress(context, volume, path, probability);
      return null;
    };
    const stage = `export ${shownPath(context.workFolder, path)}`;
    await once(context, { stage, dependsOn, made: [path], run });
  };
  for (const { scores: { target, levels: made }, name, path, probability } of results) {
    const volume = { ...target, voxelSize };
    const scores = { name: `${index}-${name}`, volume, made, probability };
    if (settings.outputFormat === "precomputed") {
      await exportPrecomputedResult(context, scores, { path, layout, dependsOn });
    } else if (layout.isMultiscale) {
      await exportMultiscale(context, scores, { path, layout, anisotropy, dependsOn });
    } else await write(volume, path, probability);
  }
  const written = results.map(({ path, what }) => ({ path, what }));
  if (orientation === undefined) return written;
  const path = `${prefix}-predOrient.nrrd`;
  await write({ ...orientation, voxelSize }, path, null);
  return [...written, { path, what: "orientation, e1 e2 e3" }];
}
