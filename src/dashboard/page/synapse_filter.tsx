/** Which synapses of a table are shown, in all that shows them. */
import { useMemo, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import { REVIEW_COLUMN, REVIEWS } from "./review/review_column.ts";
import { filterRows, type RowChoice } from "./synapse_rows.ts";
import { countText } from "./text.ts";

/** Columns that have a least value, and what people read of it. */
const LEAST = [["voxels", "Least voxels"], ["mean_score", "Least mean score"]] as const;

/** Ranges of the axes of the map. */
export type Region = readonly (readonly [axis: string, from: number, to: number])[];

/** What is filtered, and how it is changed. */
export type Filter = ReturnType<typeof useFilter>;

export function useFilter(rows: SynapseRows) {
  const [least, setLeast] = useState<Readonly<Record<string, string>>>({});
  const [region, setRegion] = useState<Region>([]);
  const [withoutBorder, setWithoutBorder] = useState(false);
  /** The only thing that may have been said of them, as a number; empty: all. */
  const [review, setReview] = useState("");
  const within = useMemo<RowChoice["within"]>(() => {
    const given = Object.entries(least).filter(([, text]) => text !== "" && !Number.isNaN(Number(text)));
    return new Map([
      ...given.map(([name, text]) => [name, [Number(text), Infinity]] as const),
      ...region.map(([name, from, to]) => [name, [from, to]] as const),
      ...(review === "" ? [] : [[REVIEW_COLUMN, [Number(review), Number(review)]] as const]),
    ]);
  }, [least, region, review]);
  const kept = useMemo(() => filterRows(rows, { within, withoutBorder }), [rows, within, withoutBorder]);
  const border = { withoutBorder, setWithoutBorder };
  return { kept, within, least, setLeast, region, setRegion, review, setReview, ...border };
}

/** `x 3 – 40`, `x from 3`, `x up to 40`. */
function rangeText([axis, from, to]: Region[number]): string {
  if (from === -Infinity) return `${axis} up to ${Math.floor(to)}`;
  return to === Infinity
    ? `${axis} from ${Math.ceil(from)}`
    : `${axis} ${Math.ceil(from)} – ${Math.floor(to)}`;
}

export function SynapseFilter({ rows, filter }: { readonly rows: SynapseRows; readonly filter: Filter }) {
  const { kept, least, setLeast, region, setRegion, withoutBorder, setWithoutBorder } = filter;
  const { review, setReview } = filter;
  return (
    <form class="synapse-filter" onSubmit={(event) => event.preventDefault()}>
      {LEAST.map(([name, label]) => (
        <label key={name}>
          <span>{label}</span>
          <input
            type="number"
            value={least[name] ?? ""}
            onInput={(event) => setLeast({ ...least, [name]: event.currentTarget.value })}
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
          Only {region.map(rangeText).join(", ")} ✕
        </button>
      )}
      <output data-testid="synapse-count">
        {countText(kept.length)} of {countText(rows.count)} synapses
      </output>
    </form>
  );
}
