/** Progress: what the run does, how far it is, and how it goes. */
import { useEffect, useState } from "preact/hooks";
import { type LogLine, partDone, type RunSummary, type StageSummary } from "../api.ts";
import { BlockMapView } from "./block_map.tsx";
import { TrainingChart, UsageChart } from "./charts.tsx";
import type { RunView } from "./run_store.ts";
import { clockText, durationText, percentText, rateText } from "./text.ts";

/** The time, every second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

export function ProgressPage({ view }: { readonly view: RunView }) {
  const { run, log, usage, rounds } = view;
  const now = useNow();
  return (
    <>
      <h1 class="sr-only">Progress of {run.name}</h1>
      {run.state === "failed" && <Failure run={run} />}
      {run.state === "silent" && (
        <div class="card problem" role="alert">
          <h2>No sign of life since {clockText(run.seen, now)}</h2>
          <p>The program was perhaps killed. Start the same command again; it goes on from where it was:</p>
          <pre class="command">{run.command}</pre>
        </div>
      )}
      {run.state === "stopped" && (
        <div class="card problem" role="status">
          <h2>Stopped</h2>
          <p>The same command goes on from where it was:</p>
          <pre class="command">{run.command}</pre>
        </div>
      )}
      {run.state === "empty" && (
        <div class="card" role="status">
          <h2>Nothing has been run in this folder yet</h2>
          <p>Start a run with this work folder; this page follows.</p>
        </div>
      )}
      <div class="progress-grid">
        <Whole run={run} now={now} />
        <Stages stages={run.stages} />
        <div class="panels">
          <BlockMapView view={view} />
          <section class="card">
            <h2>Training</h2>
            {rounds.length > 0
              ? <TrainingChart rounds={rounds} models={run.models} />
              : <p class="quiet">The curve appears when boosting begins.</p>}
            {rounds.length > 0 && run.models !== null && run.models.count > 1 && (
              <p class="quiet">
                Several models are learned, one after another, each without the synapses of one part of the
                volume.
              </p>
            )}
          </section>
          <section class="card">
            <h2>Memory and CPU</h2>
            {usage.length > 0
              ? <UsageChart usage={usage} budget={run.memory} />
              : <p class="quiet">Nothing was measured yet.</p>}
          </section>
          <Log lines={log} now={now} />
        </div>
      </div>
    </>
  );
}

function Failure({ run }: { readonly run: RunSummary }) {
  const [problem = "", ...advice] = run.error.split("\n");
  return (
    <div class={run.lacksPolarity ? "card" : "card problem"} role="alert">
      <h2>
        {run.lacksPolarity ? "The run asks for the polarity of synapses" : "The run ended with an error"}
      </h2>
      <p class="error-text">{problem}</p>
      {advice.length > 0 && <pre>{advice.join("\n")}</pre>}
      {run.lacksPolarity && (
        <p>
          <a class="button" href="#/polarity">Say where the vesicles are</a>
        </p>
      )}
    </div>
  );
}

function Whole({ run, now }: { readonly run: RunSummary; readonly now: number }) {
  const current = run.stages.findLast(({ state }) => state === "running");
  const isRunning = run.state === "running";
  const passed = run.began === null ? null : ((isRunning ? now : run.ended ?? now) - run.began) / 1000;
  const facts = [
    ["Began", clockText(run.began, now)],
    [isRunning ? "Time so far" : "Time taken", durationText(passed)],
    isRunning ? ["Left, about", durationText(run.left)] : ["Ended", clockText(run.ended, now)],
    isRunning ? ["Ends about", run.left === null ? "–" : clockText(now + run.left * 1000, now)] : undefined,
  ].filter((fact) => fact !== undefined);
  return (
    <section class="card whole">
      <h2>
        {isRunning ? current ? `${capital(current.about) || current.title}` : "Preparing" : headline(run)}
      </h2>
      <div class="big">
        <span class="percent" data-testid="percent">{percentText(run.fraction)}</span>
        <div
          class="meter"
          role="progressbar"
          aria-label="The whole run"
          aria-valuenow={Math.floor(run.fraction * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <div class={`fill ${run.state}`} style={{ width: `${run.fraction * 100}%` }} />
        </div>
      </div>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        {isRunning && current?.rate != null && (
          <div>
            <dt>Rate</dt>
            <dd>{rateText(current.rate, current.unit)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

function headline(run: RunSummary): string {
  if (run.state === "done") return "Done";
  if (run.state === "empty") return "Waiting for a run";
  return "As far as it came";
}

function capital(text: string): string {
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}`;
}

const SIGNS: Readonly<Record<StageSummary["state"], string>> = {
  pending: "to do",
  running: "now",
  done: "done",
  skipped: "done before",
};

function Stages({ stages }: { readonly stages: readonly StageSummary[] }) {
  return (
    <section class="card stages">
      <h2>Stages</h2>
      {stages.length === 0 && <p class="quiet">They are listed when the run begins.</p>}
      <ol>
        {stages.map((stage) => {
          const part = partDone(stage);
          const seconds = stage.began !== null && stage.ended !== null
            ? (stage.ended - stage.began) / 1000
            : null;
          const facts = stage.state === "running"
            ? [
              percentText(part),
              rateText(stage.rate, stage.unit),
              stage.left === null ? "" : `${durationText(stage.left)} left`,
            ]
            : [SIGNS[stage.state], seconds === null ? "" : durationText(seconds)];
          return (
            <li key={stage.title} class={stage.state} title={stage.about}>
              <span class="stage-name">{stage.title}</span>
              <span class="stage-facts">{facts.filter((fact) => fact !== "").join(" · ")}</span>
              <div
                class="meter thin"
                role="progressbar"
                aria-label={stage.title}
                aria-valuenow={Math.floor(part * 100)}
                aria-valuemin={0}
                aria-valuemax={100}
              >
                <div class={`fill ${stage.state}`} style={{ width: `${part * 100}%` }} />
              </div>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

const SHOWN_LINES = 60;

function Log({ lines, now }: { readonly lines: readonly LogLine[]; readonly now: number }) {
  const shown = lines.slice(-SHOWN_LINES).reverse();
  return (
    <section class="card log">
      <h2>What was said last</h2>
      {shown.length === 0 && <p class="quiet">Nothing yet.</p>}
      <ol tabIndex={0} aria-label="Log, newest first">
        {shown.map((line, i) => (
          <li key={`${line.at} ${i}`} class={line.level}>
            <time>{clockText(line.at, now)}</time> {line.level === "warning" && <b>Warning:</b>} {line.text}
          </li>
        ))}
      </ol>
    </section>
  );
}
