/** What people say of candidates: a label, or, every fifth time, a check of the model that is not learned from. */
import { UserError } from "../user_error.ts";
import { type Region, regionContains, zipAxes, type Zyx } from "../volume/region.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { synapseSize } from "./candidate_shape.ts";
import { countFound, distance, findCandidates, type FoundObject } from "./candidates.ts";
import { boxOf } from "./regions.ts";
import type { LabelStack } from "./stack.ts";
import {
  type Candidates,
  type Check,
  type Found,
  type Judged,
  type Judgement,
  LABEL,
  type Verdict,
} from "./state.ts";

/** Candidates that are told at once. */
const MOST = 12;

/** How often a candidate is not learned from. */
const CHECK_EVERY = 5;

/** The candidates of a stack. */
export interface Judge {
  /** @throws {UserError} where nothing is scored yet */
  candidates(threshold: number, minSize: number): Promise<Candidates>;
  /** @throws {UserError} where nothing is scored yet */
  found(threshold: number, minSize: number): Promise<Found>;
  /** @throws {UserError} for a candidate that was not told last */
  judge(id: string, verdict: Verdict): Promise<Judgement>;
}

/** Begins to judge candidates of a stack. @param all stacks from which the model is learned, which all answers check */
export function createJudge(
  stack: LabelStack,
  all: () => readonly LabelStack[] = () => [stack],
): Judge {
  const { store } = stack;
  const judgedInAll = () => all().flatMap(({ store }) => store.judged());
  let told = new Map<string, FoundObject>();
  let asked = 0;
  const scoredWith = async (threshold: number, minSize: number) => {
    const { model, voxelSize } = stack.state();
    if (!model || model.scores === null) throw new UserError("nothing is scored yet");
    const scores = await openZarr(`${stack.served.root}/${model.scores}`);
    const { version } = model;
    return { version, voxelSize, options: { scores, scored: stack.scored(), threshold, minSize } };
  };
  return {
    async found(threshold, minSize) {
      const { version, voxelSize, options } = await scoredWith(threshold, minSize);
      const counted = await countFound(options);
      return { version, ...counted, density: densityOf(counted, voxelSize) };
    },
    async candidates(threshold, minSize) {
      const { version, voxelSize, options } = await scoredWith(threshold, minSize);
      const judged = store.judged();
      const { anisotropy: given } = stack.state();
      const anisotropy = given ?? 1;
      // few are labelled in a stack that was just added
      const size = synapseSize(all().flatMap(({ store }) => store.summary().objects), anisotropy);
      const reach = (size?.extent ?? USUAL_EXTENT) / 2;
      const { candidates, ...counted } = await findCandidates({
        ...options,
        labels: store.chunks.volume,
        anisotropy,
        size,
        isJudged: (peak) => judged.some((one) => isOf(peak, one, anisotropy, reach)),
        most: MOST,
      });
      told = new Map(candidates.map((one) => [`${version}-${++asked}`, one]));
      return {
        version,
        ...counted,
        density: densityOf(counted, voxelSize),
        check: checkOf(judgedInAll()),
        candidates: [...told].map(([id, { at, box, voxels, score, isFound, runs }]) => {
          return { id, at, box: boxOf(box), voxels, score, isFound, runs };
        }),
      };
    },
    async judge(id, verdict) {
      const candidate = told.get(id);
      if (!candidate) {
        throw new UserError("this candidate is not there any more; ask for the candidates again");
      }
      const { peak, box, runs, isFound } = candidate;
      const answered = judgedInAll().filter((one) => one.verdict !== "skip").length;
      const isCheck = verdict !== "skip" && (answered + 1) % CHECK_EVERY === 0;
      let begun = null, change = null;
      if (!isCheck && verdict === "yes") begun = await store.addObject();
      if (!isCheck && verdict !== "skip") {
        const value = begun?.id ?? LABEL.not;
        change = await store.stroke({ stroke: crypto.randomUUID(), value, over: "unpainted", runs });
      }
      await store.noteJudged({ peak, box, verdict, isCheck, isFound });
      told.delete(id);
      const object = store.summary().objects.find((one) => one.id === begun?.id) ?? null; // with its voxels
      return { object, change, isCheck, check: checkOf(judgedInAll()) };
    },
  };
}

/** Longest edge of a synapse where none is labelled, voxels. */
const USUAL_EXTENT = 16;

/**
 * Whether a highest score belongs to what was judged: with another model it moves some way within the same synapse.
 * @param reach half the extent of a synapse
 */
function isOf(at: Zyx, { peak, box }: Judged, anisotropy: number, reach: number): boolean {
  const middle = zipAxes((from, length) => from + Math.floor(length / 2), box.start, box.shape);
  if (distance(at, peak ?? middle, anisotropy) < reach) return true;
  // what versions before have noted may be the box of many synapses
  return peak !== undefined && regionContains(innerHalf(box), { start: at, shape: [1, 1, 1] });
}

/** What is left of a box without a quarter on either side. */
function innerHalf({ start, shape }: Region): Region {
  return {
    start: zipAxes((from, length) => from + Math.floor(length / 4), start, shape),
    shape: zipAxes((length) => length - 2 * Math.floor(length / 4), shape, shape),
  };
}

/** Pieces in a cubic micrometre. */
function densityOf(
  { count, scoredVoxels }: Pick<Found, "count" | "scoredVoxels">,
  voxelSize: Zyx | null,
): number | null {
  const micrometres = voxelSize && scoredVoxels * voxelSize.reduce((a, b) => a * b) / 1e9;
  return micrometres ? count / micrometres : null;
}

/** In how many of the checks the model was right. */
function checkOf(judged: readonly Judged[]): Check {
  const checks = judged.filter(({ isCheck }) => isCheck);
  return {
    right: checks.filter(({ verdict, isFound }) => (verdict === "yes") === isFound).length,
    of: checks.length,
  };
}
