/** The synapses of a run on the page: thresholds, filters, table, pictures, histograms, directions and map. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import type { ArrayInfo, ResultFile } from "../api.ts";
import { bodyOf, client, messageOf } from "./client.ts";
import {
  arraysOf,
  fetchRows,
  hasDirections,
  linker,
  type TableArrays,
  volumeOfTable,
} from "./synapse_file.ts";
import { SynapseFigures } from "./synapse_figures.tsx";
import { SynapseFilter, useFilter } from "./synapse_filter.tsx";
import { SynapseGallery } from "./synapse_gallery.tsx";
import { withReview } from "./review/review_column.ts";
import { reviewItems } from "./review/review_store.ts";
import { sortRows } from "./synapse_rows.ts";
import { SynapseTable } from "./synapse_table.tsx";
import { ThresholdCard } from "./threshold_card.tsx";

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
    tables.find(({ name }) => isReviewed(name)) ?? tables[0];
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
  const [rows, setRows] = useState<SynapseRows | undefined>(undefined);
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  const [error, setError] = useState("");
  const load = async (get: () => Promise<void>) => {
    try {
      await get();
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  useEffect(() => {
    void load(() => loadRows(name, volume, setRows));
    void load(async () => setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]));
  }, [name]);
  const own = useMemo(() => arraysOf(arrays, volume), [arrays, volume]);
  const problem = error === "" ? null : <p class="notice">{error}</p>;
  if (problem && rows === undefined) return problem;
  if (rows === undefined) return <p class="quiet">Loading …</p>;
  if (rows.count === 0) return <p class="quiet">No synapse was found.</p>;
  return (
    <>
      {isReviewed(name) && (
        <p>
          <a class="button" href={`#/review?volume=${volume}`}>Proofread</a>{" "}
          <span class="quiet">Look at one synapse after the other, and learn how many are right.</span>
        </p>
      )}
      {problem}
      <Rows rows={rows} arrays={own} />
    </>
  );
}

/** Whether it is the table of the run, which is the one that is proofread. */
function isReviewed(name: string): boolean {
  return !name.endsWith("-chosen-synapses.csv");
}

/** Shows a table, and once that has come, what was said of the synapses of the run's own: the table does not wait for it. */
async function loadRows(name: string, volume: number, show: (rows: SynapseRows) => void): Promise<void> {
  const rows = await fetchRows(name);
  if (!isReviewed(name)) return show(rows);
  show(withReview(rows, []));
  const items = await reviewItems(volume);
  if (items.length > 0) show(withReview(rows, items));
}

const FIRST_ORDER = { sortBy: "mean_score", isDescending: true };

function Rows({ rows, arrays }: { readonly rows: SynapseRows; readonly arrays: TableArrays }) {
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
  const shown = { rows, order, pointed, onPoint: setPointed, linkTo };
  const isDirected = useMemo(() => hasDirections(rows), [rows]);
  return (
    <>
      <SynapseFilter rows={rows} filter={filter} />
      <SynapseTable {...shown} {...sorting} onSort={sort} />
      <p class="quiet">
        A row opens the viewer at its synapse. Positions are in voxels, lengths in{" "}
        {rows.unit === "nm" ? "nm" : "x/y voxels"}.
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
