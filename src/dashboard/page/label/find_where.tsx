/** What of the stack is to be searched, and what that takes. */
import { useEffect, useState } from "preact/hooks";
import type { Box, FindPlan } from "../../api.ts";
import { messageOf } from "../client.ts";
import { AXES } from "../geometry.ts";
import { isPart, planRows } from "./find_text.ts";
import { labelApi } from "./label_api.ts";

/** Milliseconds after which a plan is asked for while numbers are typed. */
const PAUSE = 400;

interface WhereProps {
  readonly shape: Box["end"];
  readonly inSight: () => Box;
  /** Null: the whole stack; undefined: no part of it. */
  readonly box: Box | null | undefined;
  readonly setBox: (box: Box | null | undefined) => void;
  readonly plan: FindPlan | undefined;
  readonly setPlan: (plan: FindPlan | undefined) => void;
}

export function FindWhere({ shape, inSight, box, setBox, plan, setPlan }: WhereProps) {
  const [typed, setTyped] = useState<Box>(inSight);
  const isWhole = box === null;
  const take = (next: Box) => {
    setTyped(next);
    setBox(isPart(next, shape) ? next : undefined);
  };
  const error = usePlan(box, setPlan);
  return (
    <>
      <fieldset class="find-where">
        <legend class="sr-only">What to search</legend>
        <label class="check">
          <input type="radio" name="where" checked={isWhole} onChange={() => setBox(null)} />
          The whole stack ({[...shape].reverse().join(" x ")} voxels)
        </label>
        <label class="check">
          <input type="radio" name="where" checked={!isWhole} onChange={() => take(typed)} />
          A part of it
        </label>
        {!isWhole && <Corners box={typed} take={take} sight={() => take(inSight())} />}
      </fieldset>
      {box === undefined && (
        <p role="alert">
          This is no part of the stack: from is at least 0 and below to, and to at most{" "}
          {[...shape].reverse().join(", ")} (x, y, z).
        </p>
      )}
      {error !== "" && <p class="error-text" role="alert">{error}</p>}
      {box !== undefined && error === "" && !plan && <p class="quiet">Estimating …</p>}
      {plan && (
        <dl class="find-plan" data-testid="plan">
          {planRows(plan).map(([name, value]) => (
            <div key={name}>
              <dt class="quiet">{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {plan && plan.free !== null && plan.free < plan.disk && (
        <p role="alert">There may be too little space on the disk.</p>
      )}
    </>
  );
}

/** Asks what a search would take. Returns why that is not known. */
function usePlan(box: Box | null | undefined, setPlan: (plan: FindPlan | undefined) => void): string {
  const [error, setError] = useState("");
  const text = JSON.stringify(box);
  useEffect(() => {
    let isOver = false;
    setPlan(undefined);
    setError("");
    if (box === undefined) return undefined;
    const timer = setTimeout(async () => {
      try {
        const plan = await labelApi.planFind(box);
        if (!isOver) setPlan(plan);
      } catch (cause) {
        if (!isOver) setError(messageOf(cause));
      }
    }, box === null ? 0 : PAUSE);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [text]);
  return error;
}

/** Two corners, x first as people write them. */
function Corners(
  { box, take, sight }: { readonly box: Box; readonly take: (box: Box) => void; readonly sight: () => void },
) {
  const set = (which: keyof Box, axis: number, value: number) =>
    take({
      ...box,
      [which]: box[which].map((old, other) => other === axis ? value : old) as unknown as Box["end"],
    });
  return (
    <div class="corners">
      {[2, 1, 0].map((axis) => (
        <div key={axis} class="row">
          <span class="axis">{AXES[axis]}</span>
          {(["begin", "end"] as const).map((which) => (
            <label key={which} class="inline">
              {which === "begin" ? "from" : "to"}{" "}
              <input
                type="number"
                min="0"
                aria-label={`${AXES[axis]} ${which === "begin" ? "from" : "to"}`}
                value={box[which][axis]}
                onInput={(event) => set(which, axis, event.currentTarget.valueAsNumber)}
              />
            </label>
          ))}
        </div>
      ))}
      <button type="button" class="small" onClick={sight}>What is in sight</button>
    </div>
  );
}
