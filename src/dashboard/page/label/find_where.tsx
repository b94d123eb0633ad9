/** What of the stack is to be searched, and what that takes. */
import { useEffect, useState } from "preact/hooks";
import type { LabelState } from "../../api.ts";
import type { Box, FindPlan } from "../../found.ts";
import { messageOf } from "../client.ts";
import { AXES } from "../geometry.ts";
import { isPart, planRows } from "./find_text.ts";
import type { LabelApi, Where } from "./label_api.ts";

/** Milliseconds after which a plan is asked for while numbers are typed. */
const PAUSE = 400;

/** The whole stack. */
export const WHOLE: Where = {};

/** All stacks of the project. */
const ALL: Where = { all: true };

interface WhereProps {
  readonly api: Pick<LabelApi, "planFind">;
  /** Of the stack in sight. */
  readonly state: Pick<LabelState, "id" | "shape" | "stacks">;
  readonly inSight: () => Box;
  /** Undefined: nothing that can be searched. */
  readonly where: Where | undefined;
  readonly set: (where: Where | undefined) => void;
  readonly plan: FindPlan | undefined;
  readonly setPlan: (plan: FindPlan | undefined) => void;
}

export function FindWhere({ api, state, inSight, where, set, plan, setPlan }: WhereProps) {
  const { id, shape, stacks } = state;
  const [kind, setKind] = useState<"whole" | "part" | "all" | "other">("whole");
  const [typed, setTyped] = useState<Box>(inSight);
  const [path, setPath] = useState("");
  const choose = (next: typeof kind, box: Box, volume: string) => {
    setKind(next);
    setTyped(box);
    setPath(volume);
    if (next === "whole") set(WHOLE);
    else if (next === "all") set(ALL);
    else if (next === "part") set(isPart(box, shape) ? { box } : undefined);
    else set(volume.trim() === "" ? undefined : { volume: volume.trim() });
  };
  const own = stacks.length > 1 ? stacks.find((stack) => stack.id === id) : undefined;
  const name = own ? ` ${own.name}` : "";
  const error = usePlan(api, where, setPlan);
  const choice = (name: typeof kind, text: string) => (
    <label class="check">
      <input type="radio" name="where" checked={kind === name} onChange={() => choose(name, typed, path)} />
      {text}
    </label>
  );
  return (
    <>
      <fieldset class="find-where">
        <legend class="sr-only">What to search</legend>
        {choice("whole", `The whole stack${name} (${[...shape].reverse().join(" x ")} voxels)`)}
        {choice("part", "A part of it")}
        {kind === "part" && (
          <Corners
            box={typed}
            take={(box) => choose("part", box, path)}
            sight={() => choose("part", inSight(), path)}
          />
        )}
        {stacks.length > 1 && choice("all", `All ${stacks.length} stacks`)}
        {choice("other", "Another volume")}
        {kind === "other" && (
          <div class="corners">
            <input
              type="text"
              aria-label="Path of the other volume"
              placeholder="its path, such as other.tif"
              value={path}
              onInput={(event) => choose("other", typed, event.currentTarget.value)}
            />
            <span class="quiet">
              On the computer of this program, from the folder of the stack. Same voxel size and kind of
              tissue.
            </span>
          </div>
        )}
      </fieldset>
      {kind === "part" && where === undefined && (
        <p role="alert">
          This is no part of the stack: from is at least 0 and below to, and to at most{" "}
          {[...shape].reverse().join(", ")} (x, y, z).
        </p>
      )}
      {error !== "" && <p class="error-text" role="alert">{error}</p>}
      {where !== undefined && error === "" && !plan && <p class="quiet">Estimating …</p>}
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
function usePlan(
  api: WhereProps["api"],
  where: Where | undefined,
  setPlan: WhereProps["setPlan"],
): string {
  const [error, setError] = useState("");
  const text = JSON.stringify(where);
  useEffect(() => {
    let isOver = false;
    setPlan(undefined);
    setError("");
    if (where === undefined) return undefined;
    const timer = setTimeout(async () => {
      try {
        const plan = await api.planFind(where);
        if (!isOver) setPlan(plan);
      } catch (cause) {
        if (!isOver) setError(messageOf(cause));
      }
    }, where === WHOLE ? 0 : PAUSE);
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
