/** Sliders of threshold and least size, with how many synapses they find, and the table for them. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type { SynapseLevels } from "../../stages/synapses/levels.ts";
import type { TableChoice } from "../api.ts";
import { axis, Chart, type ChartProps, COUNTS } from "./charts.tsx";
import { bodyOf, client, messageOf } from "./client.ts";
import { countAt, countsOf, doubtAt, firstPlace, lastSize, type LevelPlace } from "./level_counts.ts";
import { CopiedCommand } from "./state_card.tsx";
import { numberText } from "./fields.tsx";
import { capital, countText, percentText } from "./text.ts";

interface CardProps {
  /** Number of the test volume. */
  readonly volume: number;
  /** Changes whenever the run's state does. */
  readonly state: string;
  /** A table was made; takes its name. */
  readonly onMade: (name: string) => void;
}

const ASK_INTERVAL = 400;

/** What may be chosen, asked for again while something is being done. */
function useChoice({ volume, state, onMade }: CardProps) {
  const [choice, setChoice] = useState<TableChoice | undefined>(undefined);
  const [error, setError] = useState("");
  const param = { volume: String(volume) };
  const ask = async () => {
    try {
      setChoice(await bodyOf(await client.api.tables.choice[":volume"].$get({ param })) as TableChoice);
      setError("");
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  useEffect(() => void ask(), [volume, state]);
  const { work = null } = choice ?? {};
  const isWorking = work !== null && work.error === "";
  useEffect(() => {
    if (!isWorking) return undefined;
    const timer = setInterval(() => void ask(), ASK_INTERVAL);
    return () => clearInterval(timer);
  }, [isWorking]);
  const listing = useRef(false);
  useEffect(() => {
    if (listing.current && choice?.work === null) onMade(choice.chosen);
    listing.current = choice?.work?.kind === "list" && choice.work.error === "";
  }, [choice]);
  const post = async (json: Record<string, string | number>) => {
    listing.current = false; // what is stopped makes no table
    try {
      setChoice(
        await bodyOf(
          await client.api.tables.choice[":volume"].$post({ param, json } as never),
        ) as TableChoice,
      );
      setError("");
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  return { choice, error: error || work?.error || "", work: isWorking ? work : null, post };
}

export function ThresholdCard(props: CardProps) {
  const { choice, error, work, post } = useChoice(props);
  if (choice === undefined) return error === "" ? null : <p class="notice">{error}</p>;
  const { levels, unavailable } = choice;
  return (
    <section class="card">
      <h2>Another threshold</h2>
      {error !== "" && <p class="error-text" role="alert">{error}</p>}
      {unavailable !== "" && <p class="quiet">{capital(unavailable)}.</p>}
      {levels !== null && levels.thresholds.length > 0 && (
        <Sliders choice={choice} levels={levels} isBusy={work !== null} post={post} />
      )}
      {levels === null && unavailable === "" && work === null && (
        <p>
          <button type="button" onClick={() => void post({ action: "count" })}>Count the synapses</button>
          {" "}
          <span class="quiet">
            at many thresholds and sizes, once; then sliders tell at once how many there are.
          </span>
        </p>
      )}
      {work !== null && (
        <p class="row">
          <progress value={work.done} aria-label={work.kind === "count" ? "Counting" : "Listing"} />
          <span>{work.kind === "count" ? "Counting" : "Listing"} the synapses: {percentText(work.done)}</span>
          <button type="button" onClick={() => void post({ action: "stop" })}>Stop</button>
        </p>
      )}
    </section>
  );
}

interface SlidersProps {
  readonly choice: TableChoice;
  readonly levels: SynapseLevels;
  readonly isBusy: boolean;
  readonly post: (json: Record<string, string | number>) => Promise<void>;
}

function Sliders({ choice, levels, isBusy, post }: SlidersProps) {
  const [place, setPlace] = useState(() => firstPlace(levels, choice.threshold));
  const threshold = levels.thresholds[place.level] ?? 0, minSize = levels.sizes[place.size] ?? 1;
  const last = useMemo(() => lastSize(levels), [levels]);
  const doubt = doubtAt(levels, place);
  const isUsual = threshold === choice.threshold;
  return (
    <>
      <div class="sliders">
        <label>
          <span>
            Threshold <b>{numberText(threshold, 5)}</b> {isUsual && <span class="quiet">the model's</span>}
          </span>
          <input
            type="range"
            min={0}
            max={levels.thresholds.length - 1}
            value={place.level}
            aria-valuetext={numberText(threshold, 5)}
            onInput={(event) => setPlace({ ...place, level: Number(event.currentTarget.value) })}
          />
        </label>
        <label>
          <span>
            Least size <b>{minSize}</b> voxels
          </span>
          <input
            type="range"
            min={0}
            max={last}
            value={place.size}
            aria-valuetext={`${minSize} voxels`}
            onInput={(event) => setPlace({ ...place, size: Number(event.currentTarget.value) })}
          />
        </label>
        <output data-testid="level-count">{countText(countAt(levels, place))} synapses</output>
      </div>
      <p class={doubt === "" ? "quiet" : "error-text"}>
        {doubt || `The largest has ${countText(levels.largest[place.level] ?? 0)} voxels.`}
      </p>
      <CountCurve levels={levels} place={place} />
      <p class="row">
        <button
          type="button"
          disabled={isBusy || choice.unavailable !== ""}
          onClick={() => void post({ threshold, minSize })}
        >
          Make this table
        </button>
        <span class="quiet">
          Writes {choice.chosen}, which is then shown below; the run's own table stays. Or use the command:
        </span>
      </p>
      <CopiedCommand command={`${choice.command} --threshold ${threshold} --min-size ${minSize}`} />
    </>
  );
}

const curveOptions: ChartProps["options"] = (colour) => ({
  scales: { x: { time: false }, y: { range: (_, __, high) => [0, Math.max(1, high) * 1.05] } },
  axes: [axis(colour, { size: 28 }), axis(colour, COUNTS)],
  cursor: { drag: { x: false, y: false }, y: false },
  series: [
    {},
    { stroke: colour("series-1"), width: 2, points: { show: false } },
    {
      stroke: colour("bad"),
      fill: colour("bad"),
      width: 0,
      points: { show: true, size: 9, fill: colour("bad") },
    },
  ],
});

/** How the count depends on the threshold: where it hardly changes, the threshold matters little. */
function CountCurve(
  { levels, place: { level, size } }: { readonly levels: SynapseLevels; readonly place: LevelPlace },
) {
  const counts = useMemo(() => countsOf(levels, size), [levels, size]);
  const data = useMemo<uPlot.AlignedData>(
    () => [[...levels.thresholds], counts, counts.map((count, i) => i === level ? count : null)],
    [levels, counts, level],
  );
  return (
    <Chart
      data={data}
      label="Number of synapses at each threshold"
      options={curveOptions}
      legend={[{ name: "synapses", colour: "series-1", text: (n) => n === null ? "–" : String(n) }]}
      atRest="nothing"
      placeText={(x) => x === null ? "Synapses at each threshold" : `Threshold ${numberText(x, 5)}`}
    />
  );
}
