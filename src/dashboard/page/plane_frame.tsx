/** A plane with a slider for its slices and a button that enlarges it. */
import type { ComponentChildren } from "preact";
import { AXES, type Plane } from "./geometry.ts";

interface PlaneFrameProps {
  /** What people read of it. */
  readonly name: string;
  readonly isLarge: boolean;
  /** Absent where it is large already, and stays so. */
  readonly enlarge?: () => void;
  /** Absent where there are no slices to step. */
  readonly slices?: SliceChoice;
  readonly children: ComponentChildren;
}

interface SliceChoice {
  readonly plane: Plane;
  readonly at: number;
  readonly count: number;
  /** Goes so many slices on. */
  readonly step: (slices: number) => void;
}

export function PlaneFrame({ name, isLarge, enlarge, slices, children }: PlaneFrameProps) {
  return (
    <div class="plane-frame">
      {children}
      <div class="plane-bar">
        {slices && <SliceSlider {...slices} />}
        {!slices && <span class="grow" />}
        {enlarge && (
          <button
            type="button"
            class="small"
            aria-pressed={isLarge}
            aria-label={isLarge ? "Show all planes" : `Enlarge ${name}`}
            title={isLarge ? "Show all planes (E)" : `Enlarge ${name}`}
            onClick={enlarge}
          >
            {isLarge ? "⤡" : "⤢"}
          </button>
        )}
      </div>
    </div>
  );
}

function SliceSlider({ plane, at, count, step }: SliceChoice) {
  const axis = AXES[plane.cut];
  return (
    <>
      <button
        type="button"
        class="small"
        aria-label={`Previous slice along ${axis}`}
        disabled={at <= 0}
        onClick={() => step(-1)}
      >
        −
      </button>
      <input
        type="range"
        class="grow"
        aria-label={`Slice along ${axis}`}
        min={0}
        max={Math.max(0, count - 1)}
        value={at}
        onInput={(event) => step(Number(event.currentTarget.value) - at)}
      />
      <button
        type="button"
        class="small"
        aria-label={`Next slice along ${axis}`}
        disabled={at >= count - 1}
        onClick={() => step(1)}
      >
        +
      </button>
    </>
  );
}
