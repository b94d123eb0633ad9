/** Where to look next: candidates, and what a person says of them. */
import { useRef, useState } from "preact/hooks";
import type { Candidate, Candidates, Check, LabelObject, Verdict } from "../../api.ts";
import { usualMinSize } from "../../../label/candidate_shape.ts";
import { numberOf, useKept } from "./label_memory.ts";
import { waitText } from "./label_text.ts";
import type { Project } from "./project.ts";
import { useAsked } from "./use_asked.ts";

/** Candidates while they are looked at. */
export interface Looking {
  readonly isOn: boolean;
  readonly found: Candidates | undefined;
  /** Why there are none. */
  readonly error: string;
  /** Whether others are asked for, or will be. */
  readonly isDue: boolean;
  /** What is waited for until they are; empty where nothing is. */
  readonly waitsFor: string;
  /** The one that is asked about. */
  readonly current: Candidate | undefined;
  /** Those that are still open. */
  readonly open: readonly Candidate[];
  readonly check: Check | undefined;
  /** What became of the last answer. */
  readonly note: string;
  /** Whether an answer is on its way that another question may follow from. */
  readonly isSaving: boolean;
  /** Voxels: what was set, or what is usual. */
  readonly minSize: number;
  readonly setMinSize: (voxels: number) => void;
  readonly toggle: () => void;
  readonly again: () => void;
  readonly choose: (candidate: Candidate) => void;
  readonly judge: (verdict: Verdict) => void;
  /** Goes back to what is asked, or asks for more. */
  readonly resume: () => void;
}

const PAUSE = 400;

/**
 * Asks for candidates when they are looked at, all are judged, or a person sets other limits, as soon as what is in sight is scored; not
 * whenever the model is another, which would change the question while it is answered.
 * @param threshold the one that a person set, or that of the last model; undefined: there is none
 * @param lifted the threshold that a person set
 * @param goTo puts a candidate in the middle
 * @param askSide asks for the side of a synapse that was begun
 */
export function useCandidates(
  project: Project,
  threshold: number | undefined,
  lifted: number | undefined,
  goTo: (candidate: Candidate) => void,
  askSide: (object: LabelObject) => void,
): Looking {
  const [isOn, setOn] = useState(false);
  const { stacks, objects, model, seq } = project.state();
  const [setSize, setMinSize] = useKept<number | undefined>(
    `label least voxels ${stacks[0]?.begun}`, // versions before kept what nobody had set
    undefined,
    (value) => numberOf(value) || undefined,
  );
  const minSize = setSize ?? usualMinSize(objects);
  const [found, setFound] = useState<Candidates | undefined>(undefined);
  const [judged, setJudged] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState("");
  const [check, setCheck] = useState<Check | undefined>(undefined);
  const [note, setNote] = useState("");
  const [asked, setAsked] = useState(0);
  const [isSaving, setSaving] = useState(false);
  const again = () => setAsked((n) => n + 1);
  const question = `${asked} ${setSize} ${lifted}`;
  const [answered, setAnswered] = useState("");
  /** What the server is being asked: its answer counts, whatever the model does meanwhile. */
  const sent = useRef("");
  const isDue = answered !== question;
  const waitsFor = isDue ? waitText(model, seq, lifted !== undefined) : "";
  const ask = async (from: number) => {
    sent.current = question;
    try {
      return await project.api.candidates(from, minSize);
    } finally {
      sent.current = "";
    }
  };
  const take = (answer: Candidates) => {
    setAnswered(question);
    setFound(answer);
    setCheck(answer.check);
    setJudged(new Set());
    const first = answer.candidates[0];
    setChosen(first?.id ?? "");
    if (first) goTo(first);
  };
  const isAsking = isOn && isDue && (waitsFor === "" || sent.current === question);
  const error = useAsked(
    isAsking && threshold !== undefined ? () => ask(threshold) : undefined,
    take,
    PAUSE,
    [isAsking, question],
  );
  const open = (found?.candidates ?? []).filter(({ id }) => !judged.has(id));
  const current = open.find(({ id }) => id === chosen) ?? open[0];
  return {
    isOn,
    found,
    error,
    isDue,
    waitsFor,
    current,
    open,
    check,
    note,
    isSaving,
    minSize,
    setMinSize,
    again,
    toggle() {
      setOn(!isOn);
      again();
    },
    choose(candidate) {
      setChosen(candidate.id);
      goTo(candidate);
    },
    judge(verdict) {
      if (!current || isSaving) return;
      const next = open.find(({ id }) => id !== current.id);
      const goOn = () => next ? goTo(next) : again();
      setJudged(new Set([...judged, current.id]));
      setChosen(next?.id ?? "");
      setSaving(verdict === "yes"); // the side of a new synapse is asked before the next candidate
      if (verdict !== "yes" && next) goTo(next);
      project.judge(current.id, verdict, (judgement) => {
        setSaving(false);
        if (judgement) setCheck(judgement.check);
        setNote(judgement?.isCheck ? "The last answer is not learned from: it checks the model." : "");
        if (judgement?.object) askSide(judgement.object);
        else if (verdict === "yes" || !next) goOn();
      });
    },
    resume: () => current ? goTo(current) : again(),
  };
}
