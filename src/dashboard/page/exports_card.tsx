/** The results for other programs and for a paper: the report, meshes, tables and label volumes, made on demand. */
import { useState } from "preact/hooks";
import type { MadeExport, ResultFile, RunSummary } from "../api.ts";
import { formatBytes } from "../../engine/memory.ts";
import { addressOf, bodyOf, client, messageOf } from "./client.ts";

const FORMATS: readonly (readonly [ending: string, title: string, what: string])[] = [
  ["obj", "OBJ", "a mesh of every synapse, for Blender, ParaView, MeshLab"],
  ["stl", "STL", "the meshes in one, for 3D printing and others"],
  ["tif", "TIFF", "the label volume, for Fiji"],
  ["parquet", "Parquet", "the table, for pandas, R, DuckDB"],
];

/** What may be had of the tables among the files of a run; nothing before there is one. */
export function ExportsCard(
  { files, run }: { readonly files: readonly ResultFile[]; readonly run: RunSummary | undefined },
) {
  const tables = files.map(({ name }) => name).filter((name) => name.endsWith("-synapses.csv"));
  if (!run || tables.length === 0) return null;
  return (
    <section class="card" data-testid="exports">
      <h2>For a paper, for other programs</h2>
      <p>
        <a href={addressOf("/report.html")} target="_blank" rel="noopener">Report of this run</a>
        <span class="quiet">
          : data, settings, figures, how sure, how to do it again; can be printed and saved
        </span>
      </p>
      {tables.map((table) => <TableExports key={table} table={table} isNamed={tables.length > 1} />)}
      <p class="quiet">Everything in Neuroglancer, with a link:</p>
      <pre class="command">{run.neuroglancerCommand}</pre>
    </section>
  );
}

function TableExports({ table, isNamed }: { readonly table: string; readonly isNamed: boolean }) {
  return (
    <>
      {isNamed && <h3>{table}</h3>}
      <ul class="files exports">
        {FORMATS.map(([ending, title, what]) => (
          <Export key={ending} name={table.replace(/csv$/, ending)} title={title} what={what} />
        ))}
      </ul>
    </>
  );
}

type State =
  | { readonly kind: "idle" | "making" }
  | { readonly kind: "made"; readonly made: MadeExport }
  | { readonly kind: "failed"; readonly error: string };

function Export(
  { name, title, what }: { readonly name: string; readonly title: string; readonly what: string },
) {
  const [state, setState] = useState<State>({ kind: "idle" });
  const make = async () => {
    setState({ kind: "making" });
    try {
      const made = await bodyOf(await client.api.exports.$post({ json: { name } })) as MadeExport;
      setState({ kind: "made", made });
      const link = document.createElement("a");
      link.href = addressOf(made.url);
      link.download = name;
      link.click();
    } catch (cause) {
      setState({ kind: "failed", error: messageOf(cause) });
    }
  };
  return (
    <li>
      <button
        type="button"
        disabled={state.kind === "making"}
        onClick={() => void make()}
        aria-label={`${title}: ${name}`}
      >
        {title}
      </button>
      <span class="size" role="status">
        {state.kind === "making" ? "making …" : state.kind === "made" ? formatBytes(state.made.bytes) : ""}
      </span>
      {state.kind === "failed"
        ? <span class="notice">{state.error}</span>
        : <span class="quiet">{what}</span>}
    </li>
  );
}
