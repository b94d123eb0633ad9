/** Discrete AdaBoost on stumps over binned context features (`docs/algorithm.md`, section 7). */
import { UserError } from "../user_error.ts";
import type { Kernels } from "../kernels/mod.ts";
import { chanceKey } from "./chance.ts";
import type { FeatureMatrix, Round } from "./feature_matrix.ts";
import { drawRoundSamples } from "./round_samples.ts";
import { createSampleState, type SampleState } from "./sample_state.ts";
import { type FoundStump, searchStumps, type SearchTask } from "./search.ts";

export interface BoostOptions {
  readonly matrix: FeatureMatrix;
  /** Candidates of one pose; candidate = (place of the pose) * columns + column. */
  readonly columns: number;
  /** One a sample: 1 positive, 0 negative. */
  readonly labels: Uint8Array;
  /** One a sample: not 0 for a negative that every round's samples hold besides those drawn. */
  readonly alwaysKeep?: Uint8Array;
  /** Any 32-bit integer; the same seed gives the same stumps. */
  readonly seed: number;
  readonly numStumps: number;
  /** About how many candidates a round explores: all columns of as many random poses as come closest, at least one. */
  readonly numWLToExplorePerIter: number;
  /** Negatives drawn in a round for each positive of its half. */
  readonly reweightingSamplingRatio: number;
  /** Whether the chosen candidate's cut and sign are fitted again on all samples. */
  readonly thresholdSearchOnWholeData: boolean;
  /** Searches a round's candidates elsewhere; finds what `searchStumps` finds in the matrix, which is the default. */
  readonly search?: (task: SearchTask) => Promise<FoundStump>;
  /** Rounds of an earlier run on the same matrix, labels and options, to go on from. */
  readonly resumeFrom?: readonly Round[];
  /** Called with all rounds so far after every 50th; awaited. */
  readonly checkpoint?: (rounds: readonly Round[]) => void | Promise<void>;
  readonly onRound?: (progress: RoundProgress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface RoundProgress {
  /** Rounds done, from 1. */
  readonly round: number;
  /** Weighted error of the round's stump on all samples, 0 to 0.5. */
  readonly weightedError: number;
  readonly alpha: number;
  /** Error of the sum of stumps so far, half the part of positives and half the part of negatives that are wrong, 0 to 1. */
  readonly trainingError: number;
}

export interface BoostResult {
  readonly rounds: readonly Round[];
  /** Score of each sample: sum of alpha * stump. */
  readonly scores: Float64Array<ArrayBuffer>;
  /** Final weight of each sample; they sum to 1. */
  readonly weights: Float64Array<ArrayBuffer>;
}

const CHECKPOINT_ROUNDS = 50;
/** Bytes that the search of a chosen candidate on all samples needs. */
const SCRATCH_BYTES = 2048;
/** How long boosting may keep the event loop waiting, ms; no result depends on it. */
const TURN_MS = 50;

/**
 * Learns `numStumps` rounds. Each round's chance depends on seed and round alone, so that a run resumed from its checkpoint goes on
 * to the same bits.
 *
 * @throws {UserError} where a class has no samples, or no explored candidate tells samples apart
 * @throws {RangeError} where the sizes of matrix and labels do not fit, or `resumeFrom` was not made from them
 * @throws the signal's reason when it is aborted
 */
export async function boost(kernels: Kernels, options: BoostOptions): Promise<BoostResult> {
  const { matrix, labels, resumeFrom = [], signal } = options;
  requireShapes(options);
  const { arena } = kernels;
  const mark = arena.mark();
  try {
    const state = createSampleState(kernels, labels, options.alwaysKeep);
    const scratch = arena.alloc(SCRATCH_BYTES);
    const rounds: Round[] = [];
    let turn = performance.now();
    while (rounds.length < options.numStumps) {
      signal?.throwIfAborted();
      const round = rounds.length;
      const earlier = resumeFrom[round];
      const chosen = earlier ?? await chooseStump(kernels, state, options, round, scratch);
      const { done, progress } = applyStump(kernels, state, matrix, chosen, round, earlier !== undefined);
      if (earlier !== undefined) requireSame(earlier, done, round);
      rounds.push(done);
      options.onRound?.(progress);
      if (earlier === undefined && rounds.length % CHECKPOINT_ROUNDS === 0) {
        await options.checkpoint?.(rounds.slice());
      }
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setTimeout(resolve, 0));
        turn = performance.now();
      }
    }
    return {
      rounds,
      scores: arena.f64(state.scores, state.samples).slice(),
      weights: arena.f64(state.weights, state.samples).slice(),
    };
  } finally {
    arena.release(mark);
  }
}

type Choice = Omit<Round, "alpha">;

/** Step 2: the best cut of about `numWLToExplorePerIter` random candidates on the round's samples. */
async function chooseStump(
  kernels: Kernels,
  state: SampleState,
  options: BoostOptions,
  round: number,
  scratch: number,
): Promise<Choice> {
  const { run, arena } = kernels;
  const { matrix, columns, seed, search } = options;
  const mark = arena.mark();
  const poses = drawPoses(kernels, options, round);
  const samples = drawRoundSamples(kernels, state, { seed, round, ratio: options.reweightingSamplingRatio });
  const { positive, total } = samples;
  const entries = () => arena.u8(samples.entries, 8 * samples.count).slice();
  const { code, candidate } = search
    ? await search({ poses, entries: entries(), positive, total })
    : searchStumps(kernels, { columns, matrix }, poses, samples);
  arena.release(mark);
  if (candidate < 0) {
    throw new UserError(
      `round ${round + 1}: none of ${poses.length * columns} context features differs between the samples; ` +
        "check that train.rawVolume is not blank, or raise numWLToExplorePerIter",
    );
  }
  if (options.thresholdSearchOnWholeData) {
    const found = run.searchAll(
      matrix.column(candidate),
      state.samples,
      state.labels,
      state.weights,
      3,
      scratch,
    );
    if (found >= 0) return { candidate, bin: found >> 1, invert: (found & 1) === 1 };
  }
  return { candidate, bin: Math.floor(code / 2) % 256, invert: code % 2 === 1 };
}

/** A random set of places of poses, ascending, so that a matrix on disk is read in order. */
function drawPoses({ run, arena }: Kernels, options: BoostOptions, round: number): number[] {
  const { matrix, columns, seed } = options;
  const all = matrix.candidates / columns;
  const wanted = Math.min(all, Math.max(1, Math.round(options.numWLToExplorePerIter / columns)));
  const ids = arena.alloc(4 * all);
  const view = arena.u32(ids, all);
  view.forEach((_, i) => view[i] = i);
  const drawn = arena.alloc(4 * wanted);
  run.selectSome(ids, all, wanted, chanceKey(seed, round, "poses"), drawn);
  return Array.from(arena.u32(drawn, wanted));
}

/**
 * Steps 3 and 4: error on all samples, sign, alpha, and the weights after it.
 * @param isSettled whether the sign stands: near an error of 0.5 rounding can put both signs above it, and a round that is done
 *   again must not change its mind
 */
function applyStump(
  { run }: Kernels,
  state: SampleState,
  matrix: FeatureMatrix,
  { candidate, bin, invert: proposed }: Choice,
  round: number,
  isSettled: boolean,
): { done: Round; progress: RoundProgress } {
  const { samples, labels, weights, scores } = state;
  const column = matrix.column(candidate);
  const proposedError = run.stumpError(column, samples, labels, weights, bin, Number(proposed));
  const invert = proposedError > 0.5 && !isSettled ? !proposed : proposed;
  const error = invert === proposed
    ? proposedError
    : run.stumpError(column, samples, labels, weights, bin, Number(invert));
  // Without bounds a perfect stump would have an infinite alpha.
  const least = 1 / (2 * samples);
  const bounded = Math.min(Math.max(error, least), 1 - least);
  // exp(alpha) as a square root, which every engine rounds alike.
  const wrong = Math.sqrt((1 - bounded) / bounded);
  const alpha = Math.log((1 - bounded) / bounded) / 2;
  run.updateWeights(column, samples, labels, weights, bin, Number(invert), 1 / wrong, wrong);
  run.addStump(column, samples, scores, bin, Number(invert), alpha);
  const progress = {
    round: round + 1,
    weightedError: error,
    alpha,
    trainingError: balancedError(run, state),
  };
  return { done: { candidate, bin, invert, alpha }, progress };
}

function balancedError(run: Kernels["run"], state: SampleState): number {
  const { samples, labels, scores, positives, negatives, kept } = state;
  const wrongPositives = run.countWrong(samples, labels, scores, 1);
  const wrongNegatives = run.countWrong(samples, labels, scores, 0);
  return wrongPositives / (2 * positives.count) + wrongNegatives / (2 * (negatives.count + kept.count));
}

function requireShapes({ matrix, labels, columns, alwaysKeep }: BoostOptions): void {
  if (labels.length !== matrix.samples || (alwaysKeep ?? labels).length !== labels.length) {
    throw new RangeError(`a matrix of ${matrix.samples} samples has ${labels.length} labels`);
  }
  if (matrix.candidates === 0 || matrix.candidates % columns !== 0) {
    throw new RangeError(`${matrix.candidates} candidates are not poses of ${columns} columns each`);
  }
}

function requireSame(earlier: Round, now: Round, round: number): void {
  if (earlier.invert === now.invert && Math.abs(earlier.alpha - now.alpha) <= 1e-12) return;
  throw new RangeError(
    `round ${round + 1} of the checkpoint has alpha ${earlier.alpha}, but these samples give ${now.alpha}; ` +
      "it was made from other samples or settings",
  );
}
