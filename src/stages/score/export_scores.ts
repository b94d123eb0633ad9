/** Writes a volume's scores as the files that the settings ask for. */
import { once } from "../../run/once.ts";
import { shownPath } from "../../run/work_folder.ts";
import type { RunContext } from "../../run/run_context.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { exportWithProgress } from "../export/results.ts";
import { type FinalScores, probabilityOf } from "../refine/refine.ts";
import type { WrittenFile } from "./score_files.ts";

/** Scores of a volume. */
interface ScoreArrays {
  readonly max: ZarrVolume;
  readonly min: ZarrVolume | undefined;
  readonly orientation: ZarrVolume | undefined;
  /** Scores of the first stage. */
  readonly first: ZarrVolume;
}

/** Writes the scores as files. `fingerprint`: of the stage that made them. */
export async function exportScores(
  context: RunContext,
  index: number,
  { max, min, orientation, first }: ScoreArrays,
  final: FinalScores,
  fingerprint: string,
): Promise<WrittenFile[]> {
  const { settings } = context;
  const prefix = `${settings.outFileName}-${index}-`;
  const extension = settings.outputPlattScaling ? "tif" : "nrrd";
  const probability = settings.outputPlattScaling ? probabilityOf(final) : null;
  const platt = settings.outputPlattScaling ? { ...final.platt } : null;
  const written: WrittenFile[] = [];
  const write = async (volume: ZarrVolume, path: string, what: string, as: typeof probability) => {
    const run = async () => {
      await exportWithProgress(context, volume, path, as);
      return null;
    };
    await once(context, {
      stage: `export ${shownPath(context.workFolder, path)}`,
      dependsOn: { print: fingerprint, platt },
      made: [path],
      run,
    });
    written.push({ path, what });
  };
  await write(max, `${prefix}ab-max.${extension}`, "the result", probability);
  const ofStumps = settings.outputPlattScaling ? probabilityOf(final.first) : null;
  const worse = "first-stage scores of the worse frame, for experiments";
  if (min) await write(min, `${prefix}ab-min.${extension}`, worse, ofStumps);
  if (settings.outputFirstStage) {
    await write(first, `${prefix}ab-first.nrrd`, "first-stage scores", null);
  }
  if (orientation) await write(orientation, `${prefix}-predOrient.nrrd`, "orientation, e1 e2 e3", null);
  return written;
}
