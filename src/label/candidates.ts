/** Where to look next: what the model takes for synapses, or nearly, and nobody has labelled; the ones that teach it most first. */
import { atLeast, type VoxelSource, zarrScores } from "../analysis/voxel_source.ts";
import { findComponents } from "../stages/components.ts";
import { UserError } from "../user_error.ts";
import { type Region, regionAround, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { regionOfChunk } from "../volume/zarr/read.ts";
import { outsideChunks } from "./regions.ts";

/** Something that may be a synapse. */
export interface FoundObject {
  /** The voxel nearest to its middle. */
  readonly at: Zyx;
  readonly box: Region;
  readonly voxels: number;
  /** The highest score in it. */
  readonly score: number;
  /** z, y, x and length of its runs, one after the other. */
  readonly runs: readonly number[];
}

/** What is looked for, in what. */
export interface CandidateOptions {
  readonly scores: ZarrVolume;
  /** Chunks that are scored. */
  readonly scored: Iterable<Zyx>;
  readonly labels: ZarrVolume;
  readonly threshold: number;
  /** Voxels. */
  readonly minSize: number;
  readonly anisotropy: number;
  /** Whether a place was judged before. */
  readonly isJudged: (box: Region) => boolean;
  readonly most: number;
}

/** What was found. */
export interface FoundCandidates {
  /** Voxels that are scored. */
  readonly scoredVoxels: number;
  /** Pieces that reach the threshold, labelled or not. */
  readonly count: number;
  readonly candidates: readonly FoundObject[];
}

/** Pieces of so much of the threshold are looked at: the model is not sure of what is a little below. */
const NEARLY = 0.6;
/** Pieces and runs that are held. */
const MOST_PIECES = 20_000;
const MOST_RUNS = 1_000_000;
/** Voxels that are read at once; between, strokes are taken. */
const BLOCK_VOXELS = 2 ** 18;
/** What spreads over more than so many voxels is no single synapse. */
const LARGEST_BOX = 2 ** 22;
/** Candidates so near to a better one count for half; voxels in the slice. */
const NEAR = 64;

/** Counts what is found. @throws {UserError} where nothing is scored, or far too much reaches the threshold */
export async function countFound(
  { scores, scored, threshold, minSize }: Pick<
    CandidateOptions,
    "scores" | "scored" | "threshold" | "minSize"
  >,
): Promise<Omit<FoundCandidates, "candidates">> {
  const chunks = [...scored];
  if (chunks.length === 0) throw new UserError("nothing is scored yet");
  const { components } = await findComponents(partOf(scores, chunks).labelled(threshold), undefined, {
    minSize,
    mostComponents: MOST_PIECES,
    blockVoxels: BLOCK_VOXELS,
  });
  const scoredVoxels = chunks.reduce((sum, at) => sum + voxelCount(regionOfChunk(scores, at).shape), 0);
  return { scoredVoxels, count: components.length };
}

/** Finds candidates. @throws {UserError} where nothing is scored, or far too much reaches the threshold */
export async function findCandidates(options: CandidateOptions): Promise<FoundCandidates> {
  const { scores, labels, threshold, minSize, isJudged } = options;
  const counted = await countFound(options);
  const part = partOf(scores, [...options.scored]);
  const found: FoundObject[] = [];
  for (const piece of await piecesOf(part, NEARLY * threshold, minSize)) {
    if (voxelCount(piece.box.shape) > LARGEST_BOX) continue;
    if (isJudged(piece.box) || await isLabelled(labels, piece)) continue;
    const values = new Float32Array(voxelCount(piece.box.shape));
    await readRegion(scores, piece.box, values);
    const score = highestIn(values, piece);
    // what reaches the threshold has the shape that the page shows
    if (score < threshold) found.push({ ...piece, score });
    else found.push({ ...piece, score, runs: runsFrom(values, piece, threshold) });
  }
  return { ...counted, candidates: ranked(found, options) };
}

/** The scored part of an array. */
interface ScoredPart {
  readonly start: Zyx;
  /** 255 where a score reaches a threshold, of the region from `start` on. */
  labelled(threshold: number): VoxelSource<Uint8Array>;
}

function partOf(scores: ZarrVolume, chunks: readonly Zyx[]): ScoredPart {
  const { start, shape } = chunks.map((at) => regionOfChunk(scores, at)).reduce(regionAround);
  const isUnscored = outsideChunks(chunks, scores.chunk);
  const moved = (region: Region) => ({ ...region, start: zipAxes((a, b) => a + b, region.start, start) });
  return {
    start,
    labelled(threshold) {
      const all = atLeast(zarrScores(scores), threshold);
      return {
        ...all,
        shape,
        read: (region, out) => all.read(moved(region), out),
        isUnlabelled: (region) => isUnscored(moved(region)),
      };
    },
  };
}

async function piecesOf(
  { start, labelled }: ScoredPart,
  threshold: number,
  minSize: number,
): Promise<Omit<FoundObject, "score">[]> {
  const runs = new Map<number, number[]>();
  let count = 0;
  const { components } = await findComponents(labelled(threshold), undefined, {
    minSize,
    mostComponents: MOST_PIECES,
    blockVoxels: BLOCK_VOXELS,
    onRun(id, run) {
      if (++count > MOST_RUNS) {
        throw new UserError(
          "far too much reaches the threshold; raise it, or paint more of what is no synapse",
        );
      }
      const known = runs.get(id) ?? [];
      if (known.length === 0) runs.set(id, known);
      known.push(start[0] + run.z, start[1] + run.y, start[2] + run.start, run.end - run.start);
    },
  });
  return components.map(({ id, position, box, voxels }) => ({
    at: zipAxes((a, b) => a + b, start, position),
    box: { ...box, start: zipAxes((a, b) => a + b, start, box.start) },
    voxels,
    runs: runs.get(id) ?? [],
  }));
}

/** A piece as far as its voxels are looked at. */
type Shape = Pick<FoundObject, "box" | "runs">;

async function isLabelled(labels: ZarrVolume, piece: Shape): Promise<boolean> {
  const values = new Uint32Array(voxelCount(piece.box.shape));
  await readRegion(labels, piece.box, values);
  for (const i of placesOf(piece)) if (values[i] !== 0) return true;
  return false;
}

/** @param values scores in its box */
function highestIn(values: Float32Array, piece: Shape): number {
  let highest = -Infinity;
  for (const i of placesOf(piece)) highest = Math.max(highest, values[i] ?? -Infinity);
  return highest;
}

/** The parts of its runs that reach a threshold. @param values scores in its box */
function runsFrom(values: Float32Array, { runs, box }: Shape, threshold: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    const place = placeIn(box, z, y, x);
    for (let k = 0; k < length; k++) {
      const begin = k;
      while (k < length && (values[place + k] ?? -Infinity) >= threshold) k++;
      if (k > begin) kept.push(z, y, x + begin, k - begin);
    }
  }
  return kept;
}

function* placesOf({ runs, box }: Shape): Generator<number> {
  for (let i = 0; i < runs.length; i += 4) {
    const [z = 0, y = 0, x = 0, length = 0] = runs.slice(i, i + 4);
    const place = placeIn(box, z, y, x);
    for (let k = 0; k < length; k++) yield place + k;
  }
}

function placeIn({ start, shape }: Region, z: number, y: number, x: number): number {
  return ((z - start[0]) * shape[1] + y - start[1]) * shape[2] + x - start[2];
}

/** Those that the model is least sure of first, larger ones before smaller ones, and not all from one place. */
function ranked(
  found: readonly FoundObject[],
  { threshold, anisotropy, most }: CandidateOptions,
): FoundObject[] {
  const worth = ({ score, voxels }: FoundObject) =>
    Math.log2(1 + voxels) / (1 + 4 * Math.abs(score - threshold) / Math.max(threshold, 1e-6));
  const left = found.map((one) => ({ one, value: worth(one) }));
  const chosen: FoundObject[] = [];
  while (left.length > 0 && chosen.length < most) {
    const best = left.reduce((a, b) => b.value > a.value ? b : a);
    left.splice(left.indexOf(best), 1);
    chosen.push(best.one);
    for (const other of left) if (isNear(other.one.at, best.one.at, anisotropy)) other.value /= 2;
  }
  return chosen;
}

function isNear(a: Zyx, b: Zyx, anisotropy: number): boolean {
  return Math.hypot((a[0] - b[0]) * anisotropy, a[1] - b[1], a[2] - b[2]) < NEAR;
}
