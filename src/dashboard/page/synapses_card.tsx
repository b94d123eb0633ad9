/** The synapses of a run on the page: filters, histograms and the table. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ArrayInfo, ResultFile, ReviewState } from "../api.ts";
import { addressOf, bodyOf, client, messageOf } from "./client.ts";
import { HistogramChart } from "./histogram_chart.tsx";
import { chooseRows, parseSynapses, type RowChoice, type SynapseRows, valueAt } from "./synapse_rows.ts";
import { REVIEW_COLUMN, REVIEWS, withReview } from "./review/review_column.ts";
import { SynapseTable } from "./synapse_table.tsx";
import { DEFAULT_VIEW, isOfSame, linkOf } from "./view_state.ts";

/** A larger table is only for download. */
const MOST_BYTES = 256 * 2 ** 20;

/** The test volume that a table is of; undefined for other files. */
export function volumeOfTable(name: string): number | undefined {
  const found = /-(\d+)-synapses\.csv$/.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Tables among the files of a run; nothing where there is none. */
export function SynapsesCard({ files }: { readonly files: readonly ResultFile[] }) {
  const tables = files.filter(({ name }) => volumeOfTable(name) !== undefined);
  const [chosen, setChosen] = useState("");
  const table = tables.find(({ name }) => name === chosen) ?? tables[0];
  if (table === undefined) return null;
  return (
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
      <TableOfFile key={table.name} file={table} />
    </section>
  );
}

function TableOfFile({ file }: { readonly file: ResultFile }) {
  const [rows, setRows] = useState<SynapseRows | undefined>(undefined);
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  const [error, setError] = useState("");
  const { url, bytes } = file;
  const volume = volumeOfTable(file.name) ?? 0;
  useEffect(() => {
    if (bytes > MOST_BYTES) return;
    void (async () => {
      try {
        const answer = await fetch(addressOf(url));
        if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
        const param = { volume: String(volume) };
        const { items } = await bodyOf(await client.api.review[":volume"].$get({ param })) as ReviewState;
        setRows(withReview(parseSynapses(new Uint8Array(await answer.arrayBuffer())), items));
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
        setError("");
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
  }, [url, bytes]);
  if (error !== "") return <p class="notice">{error}</p>;
  if (bytes > MOST_BYTES) {
    return <p class="quiet">This table is too large to show; download it below.</p>;
  }
  if (rows === undefined) return <p class="quiet">Loading …</p>;
  if (rows.count === 0) return <p class="quiet">No synapse was found.</p>;
  return <Rows rows={rows} volume={volume} linkTo={linker(rows, arrays, volume)} />;
}

/** Shows a synapse four pixels a voxel, with the scores over its volume. */
function linker(rows: SynapseRows, arrays: readonly ArrayInfo[], volume: number) {
  const over = arrays.find(({ path }) => path.endsWith(`scores/${volume}-max.zarr`));
  const raw = arrays.find((array) => array.role === "raw" && over !== undefined && isOfSame(array, over));
  const threshold = over?.threshold ?? DEFAULT_VIEW.threshold;
  return (row: number) => {
    const middle = (name: string) => Math.round(valueAt(rows, name, row)) + 0.5;
    const at = [middle("z"), middle("y"), middle("x")] as const;
    const view = {
      ...DEFAULT_VIEW,
      raw: raw?.path ?? "",
      over: over?.path ?? "",
      at,
      centre: at,
      zoom: 4,
      threshold,
      low: threshold,
    };
    return `#/view?${linkOf(view, threshold)}`;
  };
}

/** The synapses of which one thing was said; all where nothing is chosen. */
function onlyOf(value: string): RowChoice["only"] {
  return value === "" ? undefined : { column: REVIEW_COLUMN, value: Number(value) };
}

const FIRST_CHOICE = { sortBy: "mean_score", isDescending: true, withoutBorder: false };

interface RowsProps {
  readonly rows: SynapseRows;
  /** The test volume. */
  readonly volume: number;
  readonly linkTo: (row: number) => string;
}

function Rows({ rows, volume, linkTo }: RowsProps) {
  const [choice, setChoice] = useState<Omit<RowChoice, "least">>(FIRST_CHOICE);
  const [least, setLeast] = useState({ voxels: "", mean_score: "" });
  const order = useMemo(() => {
    const given = Object.entries(least).filter(([, text]) => text !== "" && !Number.isNaN(Number(text)));
    return chooseRows(rows, { ...choice, least: new Map(given.map(([name, text]) => [name, Number(text)])) });
  }, [rows, choice, least]);
  const sort = (sortBy: string) =>
    setChoice((before) => ({
      ...before,
      sortBy,
      isDescending: before.sortBy === sortBy ? !before.isDescending : sortBy !== "id",
    }));
  const field = (name: keyof typeof least, label: string) => (
    <label>
      <span>{label}</span>
      <input
        type="number"
        value={least[name]}
        onInput={(event) => setLeast({ ...least, [name]: event.currentTarget.value })}
      />
    </label>
  );
  return (
    <>
      <form class="synapse-filter" onSubmit={(event) => event.preventDefault()}>
        {field("voxels", "Least voxels")}
        {field("mean_score", "Least mean score")}
        <label class="check">
          <input
            type="checkbox"
            checked={choice.withoutBorder}
            onChange={(event) => setChoice({ ...choice, withoutBorder: event.currentTarget.checked })}
          />
          <span>Without those at the border</span>
        </label>
        <label>
          <span>Review</span>
          <select onChange={(event) => setChoice({ ...choice, only: onlyOf(event.currentTarget.value) })}>
            <option value="">all</option>
            {REVIEWS.map((text, value) => <option key={value} value={String(value)}>{text}</option>)}
          </select>
        </label>
        <a class="button" href={`#/review?volume=${volume}`}>Proofread</a>
        <output data-testid="synapse-count">{order.length} of {rows.count} synapses</output>
      </form>
      <div class="histograms">
        <HistogramChart rows={rows} order={order} column="voxels" title="Size, voxels" isLogarithmic />
        <HistogramChart rows={rows} order={order} column="mean_score" title="Mean score" />
      </div>
      <SynapseTable rows={rows} order={order} {...choice} onSort={sort} linkTo={linkTo} />
      <p class="quiet">
        A row opens the viewer at its synapse. Positions are in voxels, lengths in{" "}
        {rows.unit === "nm" ? "nm" : "x/y voxels"}.
      </p>
    </>
  );
}
