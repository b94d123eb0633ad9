/** Which synapses of a table are shown, in all that shows them. */
import { useMemo, useState } from "preact/hooks";
import { REVIEWS, type SynapseRows } from "../../analysis/synapse_columns.ts";
import { REVIEW_COLUMN } from "./review/review_column.ts";
import { filterRows, type RowChoice } from "./synapse_rows.ts";
import { COLUMNS } from "./table_columns.ts";
import { countText } from "./text.ts";

/** Columns whose least value has a field of its own, and what people read of it. */
const LEAST = [["voxels", "Least voxels"], ["mean_score", "Least mean score"]] as const;

/** Ranges of the axes of the map. */
export type Region = readonly (readonly [axis: string, from: number, to: number])[];

/** Between which numbers a column lies, as it was typed; empty: any. */
type Limits = readonly [least: string, most: string];

/** What is filtered, and how it is changed. */
export type Filter = ReturnType<typeof useFilter>;

export function useFilter(rows: SynapseRows) {
  const [limits, setLimits] = useState<Readonly<Record<string, Limits>>>({});
  const [region, setRegion] = useState<Region>([]);
  const [withoutBorder, setWithoutBorder] = useState(false);
  /** The only thing that may have been said of them, as a number; empty: all. */
  const [review, setReview] = useState("");
  const within = useMemo<RowChoice["within"]>(() =>
    meet([
      ...Object.entries(limits).flatMap(([name, texts]) => rangeOf(name, texts)),
      ...region,
      ...(review === "" ? [] : [[REVIEW_COLUMN, Number(review), Number(review)] as const]),
    ]), [limits, region, review]);
  const kept = useMemo(() => filterRows(rows, { within, withoutBorder }), [rows, within, withoutBorder]);
  /** @param side 0: the least, 1: the most */
  const setLimit = (name: string, side: 0 | 1, text: string) => {
    const [least, most] = limits[name] ?? ["", ""];
    setLimits({ ...limits, [name]: side === 0 ? [text, most] : [least, text] });
  };
  const forget = (name: string) => setLimits({ ...limits, [name]: ["", ""] });
  const border = { withoutBorder, setWithoutBorder };
  return { kept, within, limits, setLimit, forget, region, setRegion, review, setReview, ...border };
}

/** The range that two texts tell; none where neither is a number. */
function rangeOf(name: string, texts: Limits): Region {
  const [least, most] = texts.map((text) => text === "" ? NaN : Number(text));
  if (Number.isNaN(least) && Number.isNaN(most)) return [];
  return [[name, Number.isNaN(least) ? -Infinity : least ?? 0, Number.isNaN(most) ? Infinity : most ?? 0]];
}

/** Ranges by their columns; where a column has several, what lies within all of them. */
function meet(ranges: Region): RowChoice["within"] {
  const within = new Map<string, readonly [number, number]>();
  for (const [name, from, to] of ranges) {
    const [low, high] = within.get(name) ?? [-Infinity, Infinity];
    within.set(name, [Math.max(low, from), Math.min(high, to)]);
  }
  return within;
}

/** `x 3 – 40`, `x from 3`, `x up to 40`. */
function rangeText([axis, from, to]: Region[number], whole = true): string {
  const [low, high] = whole ? [Math.ceil(from), Math.floor(to)] : [from, to];
  if (from === -Infinity) return `${axis} up to ${high}`;
  return to === Infinity ? `${axis} from ${low}` : `${axis} ${low} – ${high}`;
}

export function SynapseFilter({ rows, filter }: { readonly rows: SynapseRows; readonly filter: Filter }) {
  const { kept, limits, setLimit, region, setRegion, withoutBorder, setWithoutBorder } = filter;
  const { review, setReview } = filter;
  const isKnown = [...filter.within.keys()].every((name) => rows.columns.has(name)); // else it is on its way
  return (
    <form class="synapse-filter" onSubmit={(event) => event.preventDefault()}>
      {LEAST.map(([name, label]) => (
        <label key={name}>
          <span>{label}</span>
          <input
            type="number"
            step="any"
            value={limits[name]?.[0] ?? ""}
            onInput={(event) => setLimit(name, 0, event.currentTarget.value)}
          />
        </label>
      ))}
      <label class="check">
        <input
          type="checkbox"
          checked={withoutBorder}
          onChange={(event) => setWithoutBorder(event.currentTarget.checked)}
        />
        <span>Without those at the border</span>
      </label>
      {rows.columns.has(REVIEW_COLUMN) && (
        <label>
          <span>Review</span>
          <select value={review} onChange={(event) => setReview(event.currentTarget.value)}>
            <option value="">all</option>
            {REVIEWS.map((text, value) => <option key={value} value={String(value)}>{text}</option>)}
          </select>
        </label>
      )}
      {region.length > 0 && (
        <button type="button" onClick={() => setRegion([])}>
          Only {region.map((range) => rangeText(range)).join(", ")} ✕
        </button>
      )}
      <LimitButtons filter={filter} />
      <output data-testid="synapse-count">
        {isKnown ? countText(kept.length) : "…"} of {countText(rows.count)} synapses
      </output>
    </form>
  );
}

/** What is kept by the numbers of columns, where no field here says so; a click takes it back. */
function LimitButtons({ filter: { limits, forget } }: { readonly filter: Filter }) {
  return (
    <>
      {COLUMNS.map(({ name, title }) => {
        const [range] = rangeOf(name, limits[name] ?? ["", ""]);
        const hasField = LEAST.some(([one]) => one === name);
        if (range === undefined || hasField && range[2] === Infinity) return null;
        return (
          <button key={name} type="button" onClick={() => forget(name)}>
            Only {rangeText([title, range[1], range[2]], false)} ✕
          </button>
        );
      })}
    </>
  );
}
