/** Results: the files of the run, for download, and its settings. */
import { useEffect, useState } from "preact/hooks";
import type { RunResults, RunSummary } from "../api.ts";
import { formatBytes } from "../../engine/memory.ts";
import { addressOf, bodyOf, client, messageOf } from "./client.ts";
import { EvaluationCards } from "./evaluation_card.tsx";
import { ExportsCard } from "./exports_card.tsx";
import { SynapsesCard } from "./synapses_card.tsx";

export function ResultsPage({ run }: { readonly run: RunSummary | undefined }) {
  const [results, setResults] = useState<RunResults | undefined>(undefined);
  const [settings, setSettings] = useState("");
  const [error, setError] = useState("");
  const state = run?.state ?? "";
  const look = async () => {
    try {
      setResults(await bodyOf(await client.api.results.$get()) as RunResults);
      setSettings((await bodyOf(await client.api.settings.$get())).text);
      setError("");
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  useEffect(() => void look(), [state]);
  return (
    <>
      <h1 class="sr-only">Results</h1>
      {error !== "" && <p class="notice">{error}</p>}
      {results && <SynapsesCard files={results.files} state={state} onChange={() => void look()} />}
      {results && <EvaluationCards evaluations={results.evaluations} run={run} />}
      {results && <ExportsCard files={results.files} run={run} />}
      <section class="card">
        <h2>Files</h2>
        {results?.files.length === 0 && <p class="quiet">There are no files yet.</p>}
        <ul class="files">
          {results?.files.map(({ name, what, bytes, url }) => (
            <li key={name}>
              <a href={addressOf(url)} download={name}>{name}</a>
              <span class="size">{formatBytes(bytes)}</span>
              <span class="quiet">{what}</span>
            </li>
          ))}
        </ul>
      </section>
      {results?.metrics != null && (
        <section class="card">
          <h2>Comparison with ground truth</h2>
          <pre>{JSON.stringify(results.metrics, null, 2)}</pre>
        </section>
      )}
      <Settings run={run} text={settings} />
    </>
  );
}

/** What the run was told; nothing before one was started. */
function Settings({ run, text }: { readonly run: RunSummary | undefined; readonly text: string }) {
  if (!run || run.command === "") return null;
  return (
    <section class="card">
      <h2>Settings</h2>
      <dl class="facts">
        <div>
          <dt>Command</dt>
          <dd>
            <code>{run.command}</code>
          </dd>
        </div>
        <div>
          <dt>Work folder</dt>
          <dd>
            <code>{run.workFolder}</code>
          </dd>
        </div>
        <div>
          <dt>Version</dt>
          <dd>{run.version}</dd>
        </div>
      </dl>
      <details>
        <summary>All settings</summary>
        <pre>{text}</pre>
      </details>
    </section>
  );
}
