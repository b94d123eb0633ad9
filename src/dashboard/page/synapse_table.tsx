/** A table of synapses, of which only the rows in sight are in the page. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type SynapseRows, valueAt } from "../../analysis/synapse_columns.ts";
import { REVIEW_COLUMN, REVIEWS } from "./review/review_column.ts";
import { rowsInSight } from "./synapse_rows.ts";

/** Columns as people read them, and digits behind the point. */
const COLUMNS: readonly (readonly [name: string, title: string, digits: number])[] = [
  ["id", "Synapse", 0],
  ["x", "x", 1],
  ["y", "y", 1],
  ["z", "z", 1],
  ["voxels", "Voxels", 0],
  ["mean_score", "Mean score", 2],
  ["peak_score", "Peak score", 2],
  ["length", "Length", 1],
  ["width", "Width", 1],
  ["thickness", "Thickness", 1],
  ["agreement", "Agreement", 2],
  ["touches_border", "At the border", 0],
  [REVIEW_COLUMN, "Review", 0],
];

/** As in the style. */
const ROW_HEIGHT = 32;

interface TableProps {
  readonly rows: SynapseRows;
  /** Indices of the rows to show. */
  readonly order: Uint32Array;
  readonly sortBy: string;
  readonly isDescending: boolean;
  readonly onSort: (column: string) => void;
  /** Address of the viewer at a synapse. */
  readonly linkTo: (row: number) => string;
  /** The row that is pointed at, here or elsewhere; -1: none. */
  readonly pointed: number;
  readonly onPoint: (row: number) => void;
}

export function SynapseTable(props: TableProps) {
  const { rows, order, sortBy, isDescending, onSort, linkTo, pointed, onPoint } = props;
  const place = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 480 });
  const look = () => {
    const { scrollTop = 0, clientHeight = 480 } = place.current ?? {};
    setSeen({ top: scrollTop, height: clientHeight });
  };
  useLayoutEffect(look, [order.length]);
  useEffect(() => place.current?.scrollTo({ top: 0 }), [sortBy, isDescending]);
  const { from, to, before, after } = rowsInSight({ ...seen, rowHeight: ROW_HEIGHT, count: order.length });
  return (
    <div class="synapse-table" ref={place} onScroll={look} tabIndex={0} role="region" aria-label="Synapses">
      <table aria-rowcount={order.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map(([name, title]) => (
              <th
                key={name}
                scope="col"
                aria-sort={sortBy === name ? isDescending ? "descending" : "ascending" : undefined}
              >
                <button
                  type="button"
                  onClick={() => onSort(name)}
                >
                  {title}
                  <span aria-hidden="true">{sortBy === name ? isDescending ? " ↓" : " ↑" : ""}</span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space height={before} />
          {Array.from(order.subarray(from, to), (row, i) => (
            <tr
              key={row}
              aria-rowindex={from + i + 2}
              class={row === pointed ? "pointed" : undefined}
              onMouseEnter={() => onPoint(row)}
              onFocusIn={() =>
                onPoint(row)}
              onClick={() =>
                location.assign(linkTo(row))}
            >
              {COLUMNS.map(([name, _title, digits]) => (
                <td key={name}>
                  {name === "id"
                    ? <a href={linkTo(row)}>{valueAt(rows, name, row)}</a>
                    : cellText(name, valueAt(rows, name, row), digits)}
                </td>
              ))}
            </tr>
          ))}
          <Space height={after} />
        </tbody>
      </table>
    </div>
  );
}

/** Keeps the place of rows that are out of sight. */
function Space({ height }: { readonly height: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" class="space">
      <td colSpan={COLUMNS.length} style={{ height: `${height}px` }} />
    </tr>
  );
}

function cellText(name: string, value: number, digits: number): string {
  if (name === REVIEW_COLUMN) return value > 0 ? REVIEWS[value] ?? "" : "";
  if (name === "touches_border") return value === 1 ? "yes" : "";
  return Number.isNaN(value) ? "" : value.toFixed(digits);
}
