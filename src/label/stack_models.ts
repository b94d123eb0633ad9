/** What the stacks of a project are told of the one model that is learned of all. */
import type { LiveAnswer } from "./live.ts";
import { scoresName } from "./live.ts";
import type { LabelProject } from "./project.ts";
import type { KnownLine, LabelModel } from "./state.ts";

/** What pages know of the model, stack by stack. */
export interface StackModels {
  /** Tells a stack, by its id. @param scored chunks of its scores that are new */
  tell(id: string, news: Partial<LabelModel>, scored?: readonly string[]): void;
  tellAll(news: Partial<LabelModel>): void;
  /**
   * There is a new model.
   * @param seqs the last change of each stack's labels that it knows
   * @param scoredNext whether what is in sight of a stack is scored next
   */
  trained(
    answer: Extract<LiveAnswer, { kind: "trained" }>,
    seqs: ReadonlyMap<string, number>,
    scoredNext: (id: string) => boolean,
  ): void;
  /** The model knows these changes: they are of no consequence. */
  know(seqs: ReadonlyMap<string, number>): void;
  scored(answer: Extract<LiveAnswer, { kind: "scored" }>): void;
  /** What is known of synapses now. @returns whether it is of the last model */
  sides(answer: Extract<LiveAnswer, { kind: "sides" }>): boolean;
  /** Of the last model. */
  version(): number;
  /** Whether labels are left that the last model has not scored; said of a stack that it can score. */
  isPartly(id: string): boolean;
  /** Whether the thread has a model that can score a stack. */
  canScore(id: string): boolean;
  /** The thread that had the model is gone; what it scored is still shown. */
  forget(): void;
}

const NOTHING: LabelModel = {
  state: "waiting",
  seconds: null,
  trainedAt: null,
  strokes: 0,
  error: null,
  threshold: null,
  labelsScored: 0,
  scores: null,
  version: 0,
};

/** Begins without a model. */
export function createStackModels(project: LabelProject): StackModels {
  const models = new Map<string, LabelModel>();
  /** Stacks that the thread can score. */
  const scorable = new Set<string>();
  let latest = 0;
  const tell: StackModels["tell"] = (id, news, scored) => {
    const stack = project.stacks().find((one) => one.id === id);
    const model = { ...models.get(id) ?? NOTHING, ...news };
    models.set(id, model);
    stack?.tellModel(model, scored);
  };
  return {
    tell,
    tellAll(news) {
      for (const { id } of project.stacks()) tell(id, news);
    },
    trained({ version, seconds, lines }, seqs, scoredNext) {
      latest = version;
      scorable.clear();
      for (const id of seqs.keys()) scorable.add(id);
      const trainedAt = new Date().toISOString();
      for (const { id, served, setLines } of project.stacks()) {
        const strokes = seqs.get(id);
        if (strokes === undefined) continue; // it was added meanwhile
        setLines(lines.get(id) ?? new Map<number, KnownLine>());
        const state = scoredNext(id) ? "scoring" : "ready";
        const scores = `${served.scores}/${scoresName(version)}`;
        const isNew = { threshold: null, labelsScored: 0, error: null } as const;
        tell(id, { state, version, seconds, strokes, trainedAt, scores, ...isNew });
      }
    },
    know(seqs) {
      for (const [id, strokes] of seqs) tell(id, { strokes });
    },
    scored({ stack, version, chunks, threshold }) {
      if (version !== latest) return;
      // it is one for all stacks
      for (const id of scorable) tell(id, { threshold }, id === stack ? chunks : undefined);
    },
    sides({ version, lines }) {
      if (version !== latest) return false;
      for (const { id, setLines } of project.stacks()) {
        const own = lines.get(id);
        if (!own) continue;
        setLines(own);
        tell(id, {});
      }
      return true;
    },
    version: () => latest,
    isPartly: (id) => scorable.has(id) && (models.get(id) ?? NOTHING).labelsScored < 1,
    canScore: (id) => scorable.has(id),
    forget: () => scorable.clear(),
  };
}
