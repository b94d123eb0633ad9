/** A table of synapses, of which only the rows in sight are in the page. */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import { rowsInSight } from "./synapse_rows.ts";
import { cellText, type Column, LINK_COLUMN } from "./table_columns.ts";

/** As in the style. */
const ROW_HEIGHT = 32;

interface TableProps {
  readonly rows: SynapseRows;
  /** Those to show. */
  readonly columns: readonly Column[];
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
  const { rows, columns, order, sortBy, isDescending, onSort, linkTo, pointed, onPoint } = props;
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
            {columns.map(({ name, title, about }) => (
              <th
                key={name}
                scope="col"
                title={about}
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
          <Space height={before} columns={columns.length} />
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
              {columns.map((column) => (
                <td key={column.name}>
                  {column.name === LINK_COLUMN
                    ? <a href={linkTo(row)}>{cellText(rows, column, row)}</a>
                    : cellText(rows, column, row)}
                </td>
              ))}
            </tr>
          ))}
          <Space height={after} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

/** Keeps the place of rows that are out of sight. */
function Space({ height, columns }: { readonly height: number; readonly columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden="true" class="space">
      <td colSpan={columns} style={{ height: `${height}px` }} />
    </tr>
  );
}
