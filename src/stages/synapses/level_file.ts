/** The counts of synapses at many thresholds, as the work folder keeps them. */
import { join } from "node:path";
import { zarrScores } from "../../analysis/voxel_source.ts";
import { openJson, sealJson } from "../../engine/mod.ts";
import { ifThere } from "../../if_there.ts";
import { makeFolderOf, writeFileAtomic } from "../../volume/file.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { keptLeastScore, keptThreshold } from "./kept.ts";
import { countLevels, type LevelOptions, type SynapseLevels } from "./levels.ts";

/** What the file holds. */
type LevelFile = SynapseLevels & { readonly of: string };

/** Of the scores of a test volume. */
export function levelsPath(workFolder: string, index: number): string {
  return join(workFolder, "tables", `${index}-levels.json`);
}

/** Counts and keeps the levels. @throws {UserError} as `countLevels`, or where they cannot be written */
export async function writeLevels(
  path: string,
  scores: ZarrVolume,
  options: Omit<LevelOptions, "threshold" | "leastScore">,
): Promise<void> {
  const levels = await countLevels(zarrScores(scores), {
    ...options,
    threshold: keptThreshold(scores),
    leastScore: keptLeastScore(scores),
  });
  await makeFolderOf(path);
  await writeFileAtomic(path, sealJson({ of: nameOf(scores), ...levels }));
}

/** Those that were counted in the scores as they are now; undefined where there are none. */
export async function readLevels(path: string, scores: ZarrVolume): Promise<SynapseLevels | undefined> {
  const text = await ifThere(() => Deno.readTextFile(path));
  const { of, ...levels } = (openJson(text ?? "") ?? {}) as Partial<LevelFile>;
  return of === nameOf(scores) ? levels as SynapseLevels : undefined;
}

/** What the scores were made of, and which threshold belongs to them. */
function nameOf(scores: ZarrVolume): string {
  return `${scores.attributes["fingerprint"]} ${keptThreshold(scores)}`;
}
