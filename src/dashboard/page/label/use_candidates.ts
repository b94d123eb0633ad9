/** Where to look next: candidates, and what a person says of them. */
import { useState } from "preact/hooks";
import type { Candidate, Candidates, Check, Verdict } from "../../api.ts";
import { numberOf, useKept } from "./label_memory.ts";
import type { Project } from "./project.ts";
import { useAsked } from "./use_asked.ts";

/** Candidates while they are looked at. */
export interface Looking {
  readonly isOn: boolean;
  readonly found: Candidates | undefined;
  /** Why there are none. */
  readonly error: string;
  /** The one that is asked about. */
  readonly current: Candidate | undefined;
  /** Those that are still open. */
  readonly open: readonly Candidate[];
  readonly check: Check | undefined;
  /** What became of the last answer. */
  readonly note: string;
  readonly minSize: number;
  readonly setMinSize: (voxels: number) => void;
  readonly toggle: () => void;
  readonly again: () => void;
  readonly choose: (candidate: Candidate) => void;
  readonly judge: (verdict: Verdict) => void;
}

export const FIRST_MIN_SIZE = 50;
const PAUSE = 400;

/**
 * Asks for candidates when they are looked at, all are judged, or a person sets other limits; not whenever the model is another, which
 * would change the question while it is answered.
 * @param lifted the threshold that a person set
 * @param goTo puts a candidate in the middle
 */
export function useCandidates(
  project: Project,
  threshold: number | undefined,
  lifted: number | undefined,
  goTo: (candidate: Candidate) => void,
): Looking {
  const [isOn, setOn] = useState(false);
  const [minSize, setMinSize] = useKept(
    `label least size ${project.state().stacks[0]?.begun}`,
    FIRST_MIN_SIZE,
    (value) => numberOf(value) || undefined,
  );
  const [found, setFound] = useState<Candidates | undefined>(undefined);
  const [judged, setJudged] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState("");
  const [check, setCheck] = useState<Check | undefined>(undefined);
  const [note, setNote] = useState("");
  const [asked, setAsked] = useState(0);
  const again = () => setAsked((n) => n + 1);
  const take = (answer: Candidates) => {
    setFound(answer);
    setCheck(answer.check);
    setJudged(new Set());
    const first = answer.candidates[0];
    setChosen(first?.id ?? "");
    if (first) goTo(first);
  };
  const error = useAsked(
    isOn && threshold !== undefined ? () => project.api.candidates(threshold, minSize) : undefined,
    take,
    PAUSE,
    [isOn, threshold === undefined, asked, minSize, lifted],
  );
  const open = (found?.candidates ?? []).filter(({ id }) => !judged.has(id));
  const current = open.find(({ id }) => id === chosen) ?? open[0];
  return {
    isOn,
    found,
    error,
    current,
    open,
    check,
    note,
    minSize,
    setMinSize,
    again,
    toggle: () => setOn(!isOn),
    choose(candidate) {
      setChosen(candidate.id);
      goTo(candidate);
    },
    judge(verdict) {
      if (!current) return;
      const next = open.find(({ id }) => id !== current.id);
      setJudged(new Set([...judged, current.id]));
      setChosen(next?.id ?? "");
      if (next) goTo(next);
      project.judge(current.id, verdict, ({ isCheck, check }) => {
        setCheck(check);
        setNote(isCheck ? "The last answer is not learned from: it checks the model." : "");
        if (!next) again();
      });
    },
  };
}
