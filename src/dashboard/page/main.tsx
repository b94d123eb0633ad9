/** The page: its frame, and which part of it is shown. */
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { RunSummary } from "../api.ts";
import { RUN_PAGE } from "./client.ts";
import { LabelPage } from "./label/labelling.tsx";
import { PolarityPage } from "./polarity_page.tsx";
import { ProgressPage } from "./progress_page.tsx";
import { ResultsPage } from "./results_page.tsx";
import { ReviewPage } from "./review/review_page.tsx";
import { type RunView, useRun } from "./run_store.ts";
import { percentText } from "./text.ts";
import { ViewerPage } from "./viewer_page.tsx";

const PARTS = [
  { name: "", title: "Progress" },
  { name: "label", title: "Label" },
  { name: "view", title: "Viewer" },
  { name: "polarity", title: "Polarity" },
  { name: "results", title: "Results" },
  { name: "review", title: "Proofread" },
] as const;

/** The parts for what is shown, the first one at first. */
function partsOf(view: RunView | undefined) {
  const names = view?.isLabel
    ? ["label", "view"]
    : view?.isVolume
    ? ["view"]
    : view?.isOfProject
    ? ["", "view", "results", "review"]
    : ["", "view", "polarity", "results", "review"];
  return PARTS.filter(({ name }) => names.includes(name));
}

/** Links to the parts; a labelling project and the run of its search look like one page. */
function linksOf(view: RunView | undefined) {
  const own = partsOf(view).map(({ name, title }) => ({ name, title, href: `#/${name}` }));
  if (view?.isOfProject) return [{ name: "label", title: "Label", href: "../#/label" }, ...own];
  if (!view?.isLabel) return own;
  const [label, ...others] = own;
  return [
    ...(label ? [label] : []),
    { name: "progress", title: "Progress", href: `${RUN_PAGE}#/` },
    ...others,
    { name: "results", title: "Results", href: `${RUN_PAGE}#/results` },
  ];
}

/** What is shown, by its name; of a project's search that of the project, in whose folder it has one of its own. */
function titleOf({ run, isOfProject }: RunView): string {
  return isOfProject ? run.workFolder.split(/[\\/]/).at(-3) ?? run.name : run.name;
}

/** What people read of a state, also in the tab's title. */
const STATES: Readonly<Record<RunSummary["state"], string>> = {
  empty: "not started",
  running: "running",
  waiting: "waiting for you",
  done: "done",
  failed: "failed",
  stopped: "stopped",
  killed: "killed",
  silent: "not responding",
};

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
  const store = useRun();
  const { view, isConnected } = store;
  const part = usePart();
  const run = view?.run;
  const isVolume = view?.isVolume ?? false;
  const parts = partsOf(view);
  const first = parts[0]?.name ?? "";
  useEffect(() => {
    if (part === "" && first !== "") location.replace(`#/${first}`);
  }, [first, part]);
  useEffect(() => {
    if (!view || !run) return;
    const state = run.state === "running" ? percentText(run.fraction) : STATES[run.state];
    document.title = `${isVolume ? "" : `${state} · `}${titleOf(view)} · ccboost`;
  }, [run]);
  const isKnown = parts.some(({ name }) => name === part);
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>Skip to the content</a>
      <header class="bar">
        <div class="brand">
          <strong>ccboost</strong>
          <span class="name">{view && titleOf(view)}</span>
          {run && !isVolume && <Pill state={run.state} isConnected={isConnected} />}
        </div>
        <nav aria-label="Parts of this page">
          {linksOf(view).map(({ name, title, href }) => (
            <a key={name} href={href} aria-current={part === name ? "page" : undefined}>{title}</a>
          ))}
        </nav>
      </header>
      {!isConnected && <Disconnected run={run} />}
      <main id="main" tabIndex={-1} key={run?.workFolder ?? ""}>
        {view && !isVolume && part === "" && <ProgressPage store={store} view={view} />}
        {part === "label" && view?.isLabel && <LabelPage />}
        {part === "view" && view && <ViewerPage run={view.run} />}
        {part === "polarity" && view && <PolarityPage run={run} answers={view.answers ?? ""} />}
        {part === "results" && view && <ResultsPage run={run} />}
        {part === "review" && view && <ReviewPage run={run} />}
        {!isKnown && (
          <section class="card">
            <h1>There is no page at this address</h1>
            <p>
              The address ends in <code>#/{part}</code>. Go to {first === "" && (
                <>
                  <a href="#/">the progress of the run</a> or to{" "}
                </>
              )}
              <a href="#/view">the viewer</a>.
            </p>
          </section>
        )}
      </main>
    </>
  );
}

function Pill(
  { state, isConnected }: { readonly state: RunSummary["state"]; readonly isConnected: boolean },
) {
  const isUnsure = !isConnected && (state === "running" || state === "waiting");
  return (
    <span class={`pill ${isUnsure ? "silent" : state}`}>{isUnsure ? "connection lost" : STATES[state]}</span>
  );
}

/** While the server cannot be heard: what may have happened, and how to go on. */
function Disconnected({ run }: { readonly run: RunSummary | undefined }) {
  if (!run) return <p class="notice" role="status">Connecting …</p>;
  if (run.command === "") {
    return (
      <p class="notice" role="status">
        <b>Connection lost; retrying.</b> If the program that shows this page was stopped, start it again.
      </p>
    );
  }
  if (run.state === "done") {
    return (
      <div class="notice" role="status">
        <p>
          <b>Connection lost; retrying.</b>{" "}
          The run is done. If the program that shows this page was stopped, start it again:
        </p>
        <pre class="command">{run.serveCommand}</pre>
      </div>
    );
  }
  return (
    <div class="notice" role="status">
      <p>
        <b>Connection lost; retrying.</b>{" "}
        If the program was stopped or killed, finished work is kept. Run the same command again to resume:
      </p>
      <pre class="command">{run.command}</pre>
    </div>
  );
}

/** The address names the part of the page, so the link must not change it. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

render(<Page />, document.body);
