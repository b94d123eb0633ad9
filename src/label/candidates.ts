/** Where to look next: what the model takes for synapses, or nearly, and nobody has labelled; the ones that teach it most first. */
import { atLeast, type VoxelSource, zarrScores } from "../analysis/voxel_source.ts";
import { findComponents } from "../stages/components.ts";
import { UserError } from "../user_error.ts";
import { discard } from "../volume/bytes.ts";
import { type Region, regionAround, regionEnd, voxelCount, zipAxes, type Zyx } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
import { regionOfChunk } from "../volume/zarr/read.ts";
import {
  boxOfPlaces,
  MOST_SEEDS,
  peaksOf,
  pieceOfRuns,
  placesOfRuns,
  runsOfPlaces,
  type ScoredPiece,
  shapesAround,
  shownPlace,
  type SynapseSize,
  voxelOfPlace,
} from "./candidate_shape.ts";
import { outsideChunks } from "./regions.ts";

/** Something that may be a synapse: one connected shape. */
export interface FoundObject {
  /** Its voxel with the highest score. */
  readonly peak: Zyx;
  /** The voxel of it where it is seen best. */
  readonly at: Zyx;
  readonly box: Region;
  readonly voxels: number;
  /** Voxels that hang together with it and come near the threshold, at most as many as a shape may have. */
  readonly around: number;
  /** The highest score in it. */
  readonly score: number;
  /** Whether it belongs to a piece that is counted as found. */
  readonly isFound: boolean;
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
  /** How large the labelled synapses are; undefined where there is none. */
  readonly size: SynapseSize | undefined;
  /** Whether what has its highest score there was judged before. */
  readonly isJudged: (peak: Zyx) => boolean;
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

/** So many times the usual voxels of a synapse a candidate has at most: pieces of few labels run along membranes. */
const MOST_SIZES = 2;
/** And never more than so many: the page draws its outline. */
const MOST_VOXELS = 2 ** 17;

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
  return { scoredVoxels: voxelsIn(scores, chunks), count: components.length };
}

function voxelsIn(scores: ZarrVolume, chunks: readonly Zyx[]): number {
  return chunks.reduce((sum, at) => sum + voxelCount(regionOfChunk(scores, at).shape), 0);
}

/** Finds candidates. @throws {UserError} where nothing is scored, or far too much reaches the threshold */
export async function findCandidates(options: CandidateOptions): Promise<FoundCandidates> {
  const { scores, threshold, minSize } = options;
  const chunks = [...options.scored];
  if (chunks.length === 0) throw new UserError("nothing is scored yet");
  const part = partOf(scores, chunks);
  const counted = await piecesOf(part, threshold, minSize);
  const candidates: FoundObject[] = [];
  for (const piece of piecesToAsk(await piecesOf(part, NEARLY * threshold, minSize), counted)) {
    candidates.push(...await candidatesIn(piece, counted, options));
  }
  return {
    scoredVoxels: voxelsIn(scores, chunks),
    count: counted.length,
    candidates: ranked(candidates, options),
  };
}

/** Pieces that nearly reach the threshold, and, of those that run through too much of the stack, what reaches it. */
function piecesToAsk(nearly: readonly Piece[], counted: readonly Piece[]): Piece[] {
  const fits = ({ box }: Piece) => voxelCount(box.shape) <= LARGEST_BOX;
  const large = nearly.filter((piece) => !fits(piece));
  const parts = counted.filter((piece) => fits(piece) && large.some((other) => holds(other, piece.at)));
  return [...nearly.filter(fits), ...parts];
}

/**
 * The shapes of a piece, which may be several synapses: one around its highest score, and one around each further peak that is at least
 * a synapse away from those before.
 */
async function candidatesIn(
  piece: Piece,
  counted: readonly Piece[],
  { scores, labels, threshold, minSize, anisotropy, size, isJudged }: CandidateOptions,
): Promise<FoundObject[]> {
  const { box, runs } = piece;
  const values = new Float32Array(voxelCount(box.shape));
  await readRegion(scores, box, values);
  const scored = pieceOfRuns(box, runs, values);
  const most = Math.min(MOST_VOXELS, MOST_SIZES * (size?.voxels ?? Infinity));
  const seeds = peaksApart(scored, size, anisotropy).map((place) => {
    const peak = voxelOfPlace(box, place);
    const isFound = counted.some((other) => holds(other, peak));
    return { place, peak, isFound, from: isFound ? threshold : NEARLY * threshold };
  });
  const found: FoundObject[] = [];
  const shapes = shapesAround(scored, seeds, most);
  for (const [i, { place, peak, isFound }] of seeds.entries()) {
    const places = shapes[i] ?? [];
    if (places.length < Math.min(minSize, most)) continue;
    const shape = { box: boxOfPlaces(box, places), runs: runsOfPlaces(box, places) };
    if (isJudged(peak) || await isLabelled(labels, shape)) continue;
    found.push({
      ...shape,
      peak,
      at: voxelOfPlace(box, shownPlace(box, places)),
      voxels: places.length,
      around: Math.min(most, piece.voxels),
      score: values[place] ?? 0,
      isFound,
    });
  }
  discard(values, scored.free);
  return found;
}

async function isLabelled(
  labels: ZarrVolume,
  { box, runs }: Pick<FoundObject, "box" | "runs">,
): Promise<boolean> {
  const values = new Uint32Array(voxelCount(box.shape));
  await readRegion(labels, box, values);
  for (const place of placesOfRuns(box, runs)) if (values[place] !== 0) return true;
  return false;
}

/** The highest place of a piece, and each further peak that is at least a synapse away from those before, as far as that is known. */
function peaksApart(piece: ScoredPiece, size: SynapseSize | undefined, anisotropy: number): number[] {
  const peaks = peaksOf(piece);
  if (size === undefined) return peaks.slice(0, 1);
  const chosen: number[] = [];
  for (const place of peaks) {
    const isNear = chosen.some((other) =>
      distance(voxelOfPlace(piece.box, other), voxelOfPlace(piece.box, place), anisotropy) < size.extent
    );
    if (!isNear) chosen.push(place);
    if (chosen.length === MOST_SEEDS) break;
  }
  return chosen;
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
): Promise<Piece[]> {
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
  return components.map(({ id, position, voxels, box }) => ({
    voxels,
    at: zipAxes((a, b) => a + b, start, position),
    box: { ...box, start: zipAxes((a, b) => a + b, start, box.start) },
    runs: runs.get(id) ?? [],
  }));
}

/** What reaches a threshold and hangs together. */
interface Piece {
  /** One of its voxels. */
  readonly at: Zyx;
  readonly voxels: number;
  readonly box: Region;
  /** z, y, x and length of its runs, one after the other. */
  readonly runs: readonly number[];
}

/** Whether a voxel belongs to a piece. */
function holds({ box, runs }: Piece, [z, y, x]: Zyx): boolean {
  const end = regionEnd(box);
  if ([z, y, x].some((at, axis) => at < (box.start[axis] ?? 0) || at >= (end[axis] ?? 0))) return false;
  for (let i = 0; i < runs.length; i += 4) {
    const [, , from = 0, length = 0] = runs.slice(i, i + 4);
    if (runs[i] === z && runs[i + 1] === y && x >= from && x < from + length) return true;
  }
  return false;
}

/** Those that the model is least sure of first, larger ones before smaller ones, and not all from one place. */
function ranked(
  found: readonly FoundObject[],
  { threshold, anisotropy, most }: CandidateOptions,
): FoundObject[] {
  const worth = ({ score, around }: FoundObject) =>
    Math.log2(1 + around) / (1 + 4 * Math.abs(score - threshold) / Math.max(threshold, 1e-6));
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
  return distance(a, b, anisotropy) < NEAR;
}

/** Between voxels, voxels of x and y. */
export function distance(a: Zyx, b: Zyx, anisotropy: number): number {
  return Math.hypot((a[0] - b[0]) * anisotropy, a[1] - b[1], a[2] - b[2]);
}
