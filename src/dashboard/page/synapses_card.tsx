/** The synapses of a run on the page: thresholds, filters, table, pictures, histograms, directions and map. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import type { ResultFile } from "../api.ts";
import { ColumnChoice } from "./column_choice.tsx";
import { arraysOf, hasDirections, linker, type TableArrays, volumeOfTable } from "./synapse_file.ts";
import { SynapseFigures } from "./synapse_figures.tsx";
import { SynapseFilter, useFilter } from "./synapse_filter.tsx";
import { SynapseGallery } from "./synapse_gallery.tsx";
import { sortRows } from "./synapse_rows.ts";
import { SynapseTable } from "./synapse_table.tsx";
import { columnsOf, titleOf, useShownColumns } from "./table_columns.ts";
import { TableDoubt } from "./table_doubt.tsx";
import { ThresholdCard } from "./threshold_card.tsx";
import { useTable } from "./use_table.ts";

interface CardProps {
  readonly files: readonly ResultFile[];
  /** Of the run. */
  readonly state: string;
  /** There are other files now. */
  readonly onChange: () => void;
}

/** Tables among the files of a run; nothing where there is none. */
export function SynapsesCard({ files, state, onChange }: CardProps) {
  const tables = files.filter(({ name }) => volumeOfTable(name) !== undefined);
  const [chosen, setChosen] = useState("");
  /** How often a table was made, since a new one may have the name of the one before. */
  const [made, setMade] = useState(0);
  const table = tables.find(({ name }) => name === chosen) ??
    tables.find(({ name }) => isOwn(name)) ?? tables[0];
  if (table === undefined) return null;
  const volume = volumeOfTable(table.name) ?? 0;
  return (
    <>
      <ThresholdCard
        key={volume}
        volume={volume}
        state={state}
        onMade={(name) => {
          setChosen(name);
          setMade((n) => n + 1);
          onChange();
        }}
      />
      <section class="card">
        <h2>Synapses</h2>
        {tables.length > 1 && (
          <label class="field">
            <span>Table</span>
            <select value={table.name} onChange={(event) => setChosen(event.currentTarget.value)}>
              {tables.map(({ name }) => <option key={name}>{name}</option>)}
            </select>
          </label>
        )}
        <TableOfFile key={`${table.name} ${made}`} name={table.name} volume={volume} />
      </section>
    </>
  );
}

function TableOfFile({ name, volume }: { readonly name: string; readonly volume: number }) {
  const { rows, others, arrays, labelled, error, need } = useTable(name, volume, isOwn(name));
  const own = useMemo(() => arraysOf(arrays, volume), [arrays, volume]);
  const problem = error === "" ? null : <p class="notice">{error}</p>;
  if (problem && rows === undefined) return problem;
  if (rows === undefined) return <p class="quiet">Loading …</p>;
  const doubt = <TableDoubt rows={rows} labelled={labelled} shape={own.scores?.shape} />;
  if (rows.count === 0) return doubt;
  return (
    <>
      {doubt}
      {isOwn(name) && (
        <p>
          <a class="button" href={`#/review?volume=${volume}`}>Proofread</a>{" "}
          <span class="quiet">Look at one synapse after the other, and learn how many are right.</span>
        </p>
      )}
      {problem}
      <Rows rows={rows} others={others} need={need} arrays={own} />
    </>
  );
}

/** Whether it is the table of the run, which is the one that is proofread. */
function isOwn(name: string): boolean {
  return !/-(chosen|reviewed)-synapses\.csv$/.test(name);
}

const FIRST_ORDER = { sortBy: "mean_score", isDescending: true };

interface RowsProps {
  readonly rows: SynapseRows;
  /** Names of the columns that may be fetched. */
  readonly others: readonly string[];
  /** Fetches columns. */
  readonly need: (names: readonly string[]) => void;
  readonly arrays: TableArrays;
}

function Rows({ rows, others, need, arrays }: RowsProps) {
  const columns = useShownColumns();
  const filter = useFilter(rows);
  const [sorting, setSorting] = useState(FIRST_ORDER);
  const [pointed, setPointed] = useState(-1);
  const { kept } = filter;
  const order = useMemo(() => sortRows(rows, kept, sorting), [rows, kept, sorting]);
  const linkTo = useMemo(() => linker(rows, arrays), [rows, arrays]);
  const sort = (sortBy: string) =>
    setSorting((before) => ({
      sortBy,
      isDescending: before.sortBy === sortBy ? !before.isDescending : sortBy !== "id",
    }));
  const needed = [...columns.shown, ...filter.within.keys()];
  useEffect(() => need(needed), [needed.join()]);
  const shown = { rows, order, pointed, onPoint: setPointed, linkTo };
  const shownColumns = columnsOf(rows, others).filter(({ name }) => columns.shown.includes(name));
  const isDirected = useMemo(() => hasDirections(rows), [rows]);
  return (
    <>
      <SynapseFilter rows={rows} filter={filter} />
      <ColumnChoice rows={rows} others={others} filter={filter} columns={columns} />
      <SynapseTable {...shown} columns={shownColumns} {...sorting} onSort={sort} />
      <p class="quiet">
        A row opens the viewer at its synapse. Positions are in voxels, lengths in{" "}
        {rows.unit === "nm" ? "nm" : "x/y voxels"}.
        {!columns.shown.includes(sorting.sortBy) &&
          ` In the order of a column that is not shown: ${titleOf(sorting.sortBy)}.`}
      </p>
      {arrays.raw && (
        <>
          <h3>Pictures</h3>
          <SynapseGallery {...shown} raw={arrays.raw} />
          <p class="quiet">
            In the order of the table.{" "}
            {isDirected && "Cut across the cleft, the vesicles up. "}A picture opens the viewer there.
          </p>
        </>
      )}
      <SynapseFigures {...shown} kept={kept} isDirected={isDirected} scores={arrays.scores} filter={filter} />
    </>
  );
}
