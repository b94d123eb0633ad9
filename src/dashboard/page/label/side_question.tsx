/** The question on which side of a synapse the vesicles are. */
import type { LabelObject } from "../../api.ts";

interface SideProps {
  readonly object: LabelObject;
  /** Whether the line is known, so that it has sides. */
  readonly hasLine: boolean;
  /** The side that was told: A, B, or that nobody can tell. */
  readonly chosen: 1 | -1 | "cannot tell" | undefined;
  /** The side that the sides of other synapses suggest. */
  readonly believed: 1 | -1 | undefined;
  readonly answer: (side: 1 | -1 | "cannot tell") => void;
  readonly later: () => void;
}

export function SideQuestion({ object, hasLine, chosen, believed, answer, later }: SideProps) {
  return (
    <div class="label-asks" role="group" aria-label={`Side of the vesicles of ${object.name}`}>
      <p>
        <b>On which side of {object.name} are the vesicles?</b>{" "}
        <span class="quiet">
          {hasLine
            ? "Drag an end of the line where it is wrong. You can answer later, too."
            : "Looking for the line …"}
        </span>{" "}
        {believed !== undefined && (
          <span>As the others are, it seems to be {believed === 1 ? "A" : "B"}.</span>
        )}
      </p>
      <div class="row">
        <button
          type="button"
          class="side a"
          aria-pressed={chosen === 1}
          disabled={!hasLine}
          onClick={() => answer(1)}
        >
          A <kbd>A</kbd>
        </button>
        <button
          type="button"
          class="side b"
          aria-pressed={chosen === -1}
          disabled={!hasLine}
          onClick={() => answer(-1)}
        >
          B <kbd>B</kbd>
        </button>
        <button type="button" aria-pressed={chosen === "cannot tell"} onClick={() => answer("cannot tell")}>
          Cannot tell <kbd>T</kbd>
        </button>
        <button type="button" onClick={later}>
          {chosen === undefined ? "Later" : "Close"} <kbd>Esc</kbd>
        </button>
      </div>
    </div>
  );
}
