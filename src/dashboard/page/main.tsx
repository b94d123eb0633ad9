/** The page: its frame, and which part of it is shown. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RunSummary } from "../api.ts";
import { PolarityPage } from "./polarity_page.tsx";
import { ProgressPage } from "./progress_page.tsx";
import { ResultsPage } from "./results_page.tsx";
import { useRun } from "./run_store.ts";
import { percentText } from "./text.ts";
import { ViewerPage } from "./viewer_page.tsx";

const PARTS = [
  { name: "", title: "Progress" },
  { name: "view", title: "Viewer" },
  { name: "polarity", title: "Polarity" },
  { name: "results", title: "Results" },
] as const;

/** What people read of a state, also in the tab's title. */
const STATES: Readonly<Record<RunSummary["state"], string>> = {
  empty: "not started",
  running: "running",
  done: "done",
  failed: "failed",
  stopped: "stopped",
  silent: "no sign of life",
};

/** A run that waits for answers is no failure to those who give them. */
function stateText({ state, lacksPolarity }: RunSummary): string {
  return lacksPolarity ? "asks for polarity" : STATES[state];
}

/** The part of the page that the address names, without what follows a question mark. */
function usePart(): string {
  const read = () => location.hash.replace(/^#\/?/, "").replace(/\?.*$/, "");
  const [part, setPart] = useState(read);
  useEffect(() => {
    const listen = () => setPart(read());
    addEventListener("hashchange", listen);
    return () => removeEventListener("hashchange", listen);
  }, []);
  return part;
}

function Page() {
  const { view, isConnected } = useRun();
  const part = usePart();
  const run = view?.run;
  useEffect(() => {
    if (!run) return;
    const state = run.state === "running" ? percentText(run.fraction) : stateText(run);
    document.title = `${state} · ${run.name} · ccboost`;
  }, [run]);
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>Skip to the content</a>
      <header class="bar">
        <div class="brand">
          <strong>ccboost</strong>
          <span class="name">{run?.name}</span>
          {run && <span class={`pill ${run.lacksPolarity ? "asks" : run.state}`}>{stateText(run)}</span>}
        </div>
        <nav aria-label="Parts of this page">
          {PARTS.map(({ name, title }) => (
            <a key={name} href={`#/${name}`} aria-current={part === name ? "page" : undefined}>{title}</a>
          ))}
        </nav>
      </header>
      {!isConnected && (
        <p class="notice" role="status">
          {view ? "The server cannot be heard; this page waits for it to come back." : "Asking the server …"}
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {view && part === "" && <ProgressPage view={view} />}
        {part === "view" && <ViewerPage isRunning={run?.state === "running"} />}
        {part === "polarity" && <PolarityPage run={run} />}
        {part === "results" && <ResultsPage run={run} />}
      </main>
    </>
  );
}

/** The address names the part of the page, so the link must not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

render(<Page />, document.body);
