/** What people say of candidates: a label, or, every fifth time, a check of the model that is not learned from. */
import { UserError } from "../user_error.ts";
import { regionEnd } from "../volume/region.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { findCandidates, type FoundObject } from "./candidates.ts";
import type { LabelProject } from "./project.ts";
import { meet } from "./regions.ts";
import { type Candidates, type Check, type Judged, type Judgement, LABEL, type Verdict } from "./state.ts";

/** Candidates that are told at once. */
const MOST = 12;

/** How often a candidate is not learned from. */
const CHECK_EVERY = 5;

/** The candidates of a project. */
export interface Judge {
  /** @throws {UserError} where nothing is scored yet */
  candidates(threshold: number, minSize: number): Promise<Candidates>;
  /** @throws {UserError} for a candidate that was not told last */
  judge(id: string, verdict: Verdict): Promise<Judgement>;
}

/** Begins to judge candidates of a project. */
export function createJudge(project: LabelProject): Judge {
  const { store } = project;
  let told = new Map<string, FoundObject & { readonly isFound: boolean }>();
  return {
    async candidates(threshold, minSize) {
      const { model, anisotropy, voxelSize } = project.state();
      if (!model || model.scores === null) throw new UserError("nothing is scored yet");
      const judged = store.judged();
      const { scoredVoxels, count, candidates } = await findCandidates({
        scores: await openZarr(`${project.served.root}/${model.scores}`),
        scored: project.scored(),
        labels: store.chunks.volume,
        threshold,
        minSize,
        anisotropy: anisotropy ?? 1,
        isJudged: (box) => judged.some((one) => meet(box, one.box)),
        most: MOST,
      });
      told = new Map(
        candidates.map((one, i) => [`${model.version}-${i}`, { ...one, isFound: one.score >= threshold }]),
      );
      const micrometres = voxelSize && scoredVoxels * voxelSize.reduce((a, b) => a * b) / 1e9;
      return {
        version: model.version,
        scoredVoxels,
        count,
        density: micrometres ? count / micrometres : null,
        check: checkOf(judged),
        candidates: [...told].map(([id, { at, box, voxels, score, isFound }]) => {
          return { id, at, box: { begin: box.start, end: regionEnd(box) }, voxels, score, isFound };
        }),
      };
    },
    async judge(id, verdict) {
      const candidate = told.get(id);
      if (!candidate) {
        throw new UserError("this candidate is not there any more; ask for the candidates again");
      }
      const { box, runs, isFound } = candidate;
      const answered = store.judged().filter((one) => one.verdict !== "skip").length;
      const isCheck = verdict !== "skip" && (answered + 1) % CHECK_EVERY === 0;
      let object = null, change = null;
      if (!isCheck && verdict === "yes") object = await store.addObject();
      if (!isCheck && verdict !== "skip") {
        const value = object?.id ?? LABEL.not;
        change = await store.stroke({ stroke: crypto.randomUUID(), value, over: "unpainted", runs });
      }
      await store.noteJudged({ box, verdict, isCheck, isFound });
      told.delete(id);
      return { object, change, isCheck, check: checkOf(store.judged()) };
    },
  };
}

/** In how many of the checks the model was right. */
function checkOf(judged: readonly Judged[]): Check {
  const checks = judged.filter(({ isCheck }) => isCheck);
  return {
    right: checks.filter(({ verdict, isFound }) => (verdict === "yes") === isFound).length,
    of: checks.length,
  };
}
