/**
 * The changes that undo and redo take back and do again next, as far as this page made them and knows what they changed: these are
 * shown at once. All others are shown when they have come from the server, which alone decides what is undone.
 */
import { newStroke, type ShownStroke } from "./shown_stroke.ts";

/** What a stroke has changed. */
type Step = Required<Pick<ShownStroke, "value">> & { readonly changed: ReadonlyMap<string, number[]> };

export interface Steps {
  /** A stroke of this page was sent. */
  painted(stroke: ShownStroke): void;
  /** Something else has changed labels: what is undone next is not known any more. */
  forget(): void;
  /** What the next undo, or redo, will paint; nothing where that is not known. */
  undo(): ShownStroke[];
  redo(): ShownStroke[];
  /** Whether it is known that something can be done again. */
  canRedo(): boolean;
}

/** Steps that are kept. */
const MOST_STEPS = 200;

/** Begins without steps. */
export function createSteps(): Steps {
  let done: Step[] = [], undone: Step[] = [];
  const take = (from: Step[], to: Step[], isUndo: boolean) => {
    const step = from.pop();
    if (!step) return [];
    to.push(step);
    return strokesOf(step, isUndo);
  };
  const forget = () => {
    done = [];
    undone = [];
  };
  return {
    painted({ value, changed }) {
      if (changed === undefined) return forget();
      if (changed.size === 0) return; // the server has nothing to undo of it either
      done = [...done.slice(1 - MOST_STEPS), { value, changed }];
      undone = [];
    },
    forget,
    undo: () => take(done, undone, true),
    redo: () => take(undone, done, false),
    canRedo: () => undone.length > 0,
  };
}

/** Strokes that take a step back, or do it again: one for each value that there was before. */
function strokesOf({ value, changed }: Step, isUndo: boolean): ShownStroke[] {
  const strokes = new Map<number, ShownStroke>();
  for (const [key, runs] of changed) {
    for (let i = 0; i < runs.length; i += 3) {
      const [first = 0, length = 0, before = 0] = runs.slice(i, i + 3);
      const stroke = strokes.get(before) ??
        (isUndo ? newStroke(before, [value]) : newStroke(value, [before]));
      strokes.set(before, stroke);
      const part = stroke.parts.get(key) ?? [];
      stroke.parts.set(key, part);
      part.push(first, length);
    }
  }
  return [...strokes.values()];
}
