/** What the colours over a volume mean, and what is hatched. */
import { colourTable, labelColour } from "./colours.ts";
import { numberText } from "./fields.tsx";
import { FAULT_COLOURS } from "./hatch.ts";
import type { LabelStyle, ScoreStyle } from "./paint.ts";
import type { Volume } from "./volume.ts";

const STOPS = 9;

export function Legend({ style }: { readonly style: ScoreStyle | LabelStyle }) {
  if (style.kind === "label") {
    const { only } = style;
    return (
      <p class="colour-legend" data-testid="legend">
        {only === undefined ? "A colour for each number" : (
          <>
            <Swatch colour={`rgb(${labelColour(only).join()})`} />{" "}
            labelled as synapse; background and unsure places stay clear
          </>
        )}
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
      <p>Shown from {numberText(style.threshold)} on; higher means more like a synapse.</p>
    </div>
  );
}

function Swatch({ colour }: { readonly colour: string }) {
  return <span class="swatch" style={{ background: colour }} />;
}

interface FaultsProps {
  readonly volumes: readonly (Volume | undefined)[];
  /** Whether chunks without a file can still be computed. */
  readonly mayCome: boolean;
  /** The command that computes again what is lost. */
  readonly command: string;
}

/** Tells of hatched places; nothing where there are none. */
export function Faults({ volumes, mayCome, command }: FaultsProps) {
  const counts = volumes.map((volume) => volume?.faults() ?? { damaged: 0, missing: 0 });
  const damaged = counts.reduce((sum, count) => sum + count.damaged, 0);
  const missing = counts.reduce((sum, count) => sum + count.missing, 0);
  if (damaged + missing === 0) return null;
  const isLost = damaged > 0 || !mayCome;
  return (
    <div class={isLost ? "faults lost" : "faults"} role="status" data-testid="faults">
      {damaged > 0 && (
        <p>
          <Swatch colour={FAULT_COLOURS.damaged} /> Hatched: {chunks(damaged)} damaged on disk.
        </p>
      )}
      {missing > 0 && (
        <p>
          <Swatch colour={mayCome ? FAULT_COLOURS.pending : FAULT_COLOURS.missing} /> Hatched:{" "}
          {chunks(missing)} {mayCome ? "not computed yet." : "missing from the disk."}
        </p>
      )}
      {isLost && command !== "" && <p>Run the same command again: it computes what is lost anew.</p>}
    </div>
  );
}

function chunks(count: number): string {
  return count === 1 ? "a chunk" : `${count} chunks`;
}
