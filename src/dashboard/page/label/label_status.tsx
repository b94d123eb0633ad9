/** The line that tells what is painted, whether it is saved, and what was learned. */
import { useEffect, useState } from "preact/hooks";
import { countText, modelText, openQuestions, savedText } from "./label_text.ts";
import type { LabelState } from "../../api.ts";
import type { Project } from "./project.ts";
import { stackHref } from "./stack_links.ts";
import { findText } from "./find_text.ts";
import type { Finding } from "./use_find.ts";
import type { Looking } from "./use_candidates.ts";

interface StatusProps {
  readonly project: Project;
  readonly finding: Finding;
  /** Opens the search for all synapses. */
  readonly find: () => void;
  /** Goes to the next synapse that lacks its side. */
  readonly askNext: () => void;
  /** Where to look next; absent where nothing is scored yet. */
  readonly looking?: Pick<Looking, "isOn" | "toggle">;
}

export function LabelStatus({ project, finding, find, askNext, looking }: StatusProps) {
  const now = useClock();
  const state = project.state();
  const saving = project.saving();
  const open = openQuestions(state.objects).length;
  const isWaiting = saving.waiting > 0;
  const learned = modelText(state.model, state.seq, now);
  return (
    <div class="label-status">
      <span class="painted" title={countText(state)}>{countText(state)}</span>
      <span
        data-testid="saved"
        title={saving.problem}
        class={isWaiting && saving.problem !== "" ? "unsaved" : isWaiting ? "" : "saved"}
      >
        {savedText(saving, state, now)}
      </span>
      {open > 0 && (
        <button type="button" class="plain side-open" onClick={askNext}>
          {open === 1 ? "1 side of vesicles to tell" : `${open} sides of vesicles to tell`}
        </button>
      )}
      {open === 0 && <OpenElsewhere state={state} />}
      {state.model && <span data-testid="model" title={learned}>{learned}</span>}
      <span class="grow" />
      {looking && finding.found && (
        <button type="button" class="small" data-testid="find" onClick={find}>
          {findText(finding.found, state)} <kbd>L</kbd>
        </button>
      )}
      {looking && (
        <button type="button" class="small" aria-pressed={looking.isOn} onClick={looking.toggle}>
          Where to look next <kbd>K</kbd>
        </button>
      )}
    </div>
  );
}

/** A stack whose sides are open, which keeps those of all others from being used. */
function OpenElsewhere({ state: { id, stacks } }: { readonly state: LabelState }) {
  const other = stacks.find((stack) => stack.id !== id && stack.open > 0);
  if (!other) return null;
  const count = other.open === 1 ? "1 side" : `${other.open} sides`;
  return (
    <a class="side-open" href={stackHref(other.id)}>
      {count} of vesicles to tell in {other.name}
    </a>
  );
}

/** Milliseconds since 1970, each second anew. */
function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(now, Date.now());
}
