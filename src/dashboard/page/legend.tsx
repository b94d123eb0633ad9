/** What the colours over a volume mean, and what is hatched. */
import { colourTable, labelColour } from "./colours.ts";
import { numberText } from "./fields.tsx";
import { FAULT_COLOURS } from "./hatch.ts";
import type { LabelStyle, ScoreStyle } from "./layer_style.ts";
import { isComputed } from "./viewer_draw.ts";
import type { Volume } from "./volume.ts";

const STOPS = 9;

export function Legend({ style }: { readonly style: ScoreStyle | LabelStyle }) {
  if (style.kind === "label") {
    const { only } = style;
    return (
      <p class="colour-legend" data-testid="legend">
        {only === undefined ? "Each number has its own colour" : (
          <>
            <Swatch colour={`rgb(${labelColour(only).join()})`} />{" "}
            labelled as synapse; all else is not coloured
          </>
        )}
      </p>
    );
  }
  const shown = numberText(style.threshold);
  if (style.isOutline) {
    return (
      <p class="colour-legend" data-testid="legend">
        The outline is where the score is {shown} or higher. High scores mean synapse. {nothingShown(style)}
      </p>
    );
  }
  const table = colourTable(style.map);
  const stops = Array.from({ length: STOPS }, (_, i) => {
    const entry = Math.round(i / (STOPS - 1) * 255) * 3;
    return `rgb(${table.subarray(entry, entry + 3).join()})`;
  });
  return (
    <div class="colour-legend" data-testid="legend">
      <div class="colour-bar" style={{ background: `linear-gradient(to right, ${stops.join()})` }} />
      <div class="colour-ends">
        <span>{numberText(style.low)}</span>
        <span>score</span>
        <span>{numberText(style.high)}</span>
      </div>
      <p>Scores of {shown} and higher are shown. High scores mean synapse. {nothingShown(style)}</p>
    </div>
  );
}

/** Says why a picture is without colours. */
export function nothingShown({ threshold, highest }: ScoreStyle): string {
  if (highest === undefined || highest >= threshold) return "";
  return `No score seen so far is that high; the highest is ${numberText(highest)}. Enter a lower number ` +
    "in “Show scores from” to see more.";
}

function Swatch({ colour }: { readonly colour: string }) {
  return <span class="swatch" style={{ background: colour }} />;
}

interface FaultsProps {
  readonly volumes: readonly (Volume | undefined)[];
  /** Whether the run can still compute scores. */
  readonly mayCome: boolean;
  /** The command that computes again what is lost. */
  readonly command: string;
}

/** Tells of hatched places; nothing where there are none. */
export function Faults({ volumes, mayCome, command }: FaultsProps) {
  let damaged = 0, missing = 0, pending = 0;
  for (const volume of volumes) {
    const found = volume?.faults() ?? { damaged: 0, missing: 0 };
    damaged += found.damaged;
    if (volume && mayCome && isComputed(volume)) pending += found.missing;
    else missing += found.missing;
  }
  if (damaged + missing + pending === 0) return null;
  const rows = [
    [damaged, FAULT_COLOURS.damaged, "damaged on disk"],
    [missing, FAULT_COLOURS.missing, "missing from the disk"],
    [pending, FAULT_COLOURS.pending, "not computed yet"],
  ] as const;
  const isLost = damaged + missing > 0;
  return (
    <div class={isLost ? "faults lost" : "faults"} role="status" data-testid="faults">
      {rows.filter(([count]) => count > 0).map(([count, colour, what]) => (
        <p key={what}>
          <Swatch colour={colour} /> Hatched: {pieces(count)} {what}.
        </p>
      ))}
      {isLost && command !== "" && <p>Run the same command again to compute what is lost once more.</p>}
    </div>
  );
}

function pieces(count: number): string {
  return count === 1 ? "one piece" : `${count} pieces`;
}
