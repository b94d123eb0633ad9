/** Which columns the table shows, and between which numbers the rows lie that are kept. */
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import type { Filter } from "./synapse_filter.tsx";
import { type Column, columnsOf, hasLimits, LINK_COLUMN, type useShownColumns } from "./table_columns.ts";

interface ChoiceProps {
  readonly rows: SynapseRows;
  /** Names of the columns that were not fetched yet. */
  readonly others: readonly string[];
  readonly filter: Filter;
  readonly columns: ReturnType<typeof useShownColumns>;
}

export function ColumnChoice({ rows, others, filter, columns }: ChoiceProps) {
  const all = columnsOf(rows, others);
  const shown = all.filter(({ name }) => columns.shown.includes(name));
  return (
    <details class="column-choice">
      <summary>Columns: {shown.length} of {all.length}</summary>
      <p class="quiet">
        Which ones the table shows, kept by this browser; and between which numbers the synapses lie that are
        shown, here and in all that follows.{" "}
        <button type="button" disabled={columns.isUsual} onClick={columns.reset}>Usual columns</button>
      </p>
      <ul>
        {all.map((column) => (
          <li key={column.name}>
            <label>
              <input
                type="checkbox"
                checked={columns.shown.includes(column.name)}
                disabled={column.name === LINK_COLUMN}
                onChange={(event) => columns.show(column.name, event.currentTarget.checked)}
              />
              <span>
                {column.title} <span class="quiet">{column.about}</span>
              </span>
            </label>
            {hasLimits(column) && <Limits column={column} filter={filter} />}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Limits({ column: { name, title }, filter }: { readonly column: Column; readonly filter: Filter }) {
  const limits = filter.limits[name] ?? ["", ""];
  const field = (side: 0 | 1, what: string) => (
    <input
      type="number"
      step="any"
      placeholder={what}
      aria-label={`${title}, ${what}`}
      value={limits[side]}
      onInput={(event) => filter.setLimit(name, side, event.currentTarget.value)}
    />
  );
  return (
    <span class="limits">
      {field(0, "least")} – {field(1, "most")}
    </span>
  );
}
