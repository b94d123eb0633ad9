/** Progress: what the run does, how far it is, and how it goes. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { type LogLine, partDone, type RunSummary, type StageSummary } from "../api.ts";
import { BlockMapView } from "./block_map.tsx";
import { TrainingChart, UsageChart } from "./charts.tsx";
import { bodyOf, client, messageOf } from "./client.ts";
import { remember, remembered } from "./memory.ts";
import { Meter } from "./meter.tsx";
import type { RunStore, RunView } from "./run_store.ts";
import { StateCard } from "./state_card.tsx";
import { capital, clockText, durationText, percentText, rateText } from "./text.ts";

/** The time, every second; it stands still while the server cannot be heard. */
function useNow({ isConnected, heard }: RunStore): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return isConnected ? now : heard;
}

interface ProgressProps {
  readonly store: RunStore;
  readonly view: RunView;
}

export function ProgressPage({ store, view }: ProgressProps) {
  const { run, log, usage, rounds, canStop, canResume, isOfProject } = view;
  const now = useNow(store);
  return (
    <>
      <h1 class="sr-only">Progress of {run.name}</h1>
      <StateCard run={run} answers={view.answers} now={now} canResume={canResume} isOfProject={isOfProject} />
      <div class="progress-grid">
        <Whole run={run} now={now} canStop={canStop && store.isConnected} />
        <Stages stages={run.stages} />
        <div class="panels">
          <Log lines={log} now={now} />
          <Folded name="details" title="Details: training curve, memory and processor, blocks">
            <section class="card">
              <h2>Training</h2>
              {rounds.length > 0
                ? <TrainingChart rounds={rounds} models={run.models} />
                : <p class="quiet">The curve appears when training starts.</p>}
              {rounds.length > 0 && run.models !== null && run.models.count > 1 && (
                <p class="quiet">Several models are trained, one after another.</p>
              )}
            </section>
            <section class="card">
              <h2>Memory and processor</h2>
              {usage.length > 0
                ? <UsageChart usage={usage} budget={run.memory} />
                : <p class="quiet">No measurements yet.</p>}
            </section>
            <BlockMapView view={view} />
          </Folded>
        </div>
      </div>
    </>
  );
}

interface FoldedProps {
  readonly name: string;
  readonly title: string;
  readonly children: ComponentChildren;
}

/** What is shown when it is asked for; the browser remembers. */
function Folded({ name, title, children }: FoldedProps) {
  const [isOpen, setOpen] = useState(() => remembered(`open ${name}`) === "yes");
  return (
    <details
      class="folded"
      open={isOpen}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
        remember(`open ${name}`, event.currentTarget.open ? "yes" : "no");
      }}
    >
      <summary>{title}</summary>
      {isOpen && <div class="panels">{children}</div>}
    </details>
  );
}

interface WholeProps {
  readonly run: RunSummary;
  readonly now: number;
  readonly canStop: boolean;
}

function Whole({ run, now, canStop }: WholeProps) {
  const current = run.stages.findLast(({ state }) => state === "running");
  const isRunning = run.state === "running";
  const isWaiting = run.state === "waiting";
  const passed = run.began === null ? null : ((isRunning ? now : run.ended ?? now) - run.began) / 1000;
  const facts = [
    ["Started", clockText(run.began, now)],
    [isRunning ? "Time so far" : "Time taken", durationText(passed)],
    isRunning ? ["Time left, about", durationText(run.left)] : undefined,
    isRunning ? ["Ends about", run.left === null ? "–" : clockText(now + run.left * 1000, now)] : undefined,
    isRunning || isWaiting || run.state === "empty" ? undefined : ["Ended", clockText(run.ended, now)],
  ].filter((fact) => fact !== undefined);
  return (
    <section class="card whole">
      <h2>
        {isRunning ? current ? capital(current.about) || current.name : "Preparing" : HEADLINES[run.state]}
      </h2>
      <div class="big">
        <span class="percent" data-testid="percent">{percentText(run.fraction)}</span>
        <Meter label="The whole run" fraction={run.fraction} state={run.state} />
        {isRunning && canStop && <StopButton />}
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
            <dt>Speed</dt>
            <dd>{rateText(current.rate, current.unit)}</dd>
          </div>
        )}
      </dl>
    </section>
  );
}

const HEADLINES: Readonly<Record<RunSummary["state"], string>> = {
  empty: "Waiting for a run",
  running: "",
  waiting: "So far",
  done: "Done",
  failed: "As far as it got",
  stopped: "As far as it got",
  killed: "As far as it got",
  silent: "As far as it got",
};

/** Asks twice, since a run may have taken hours. */
function StopButton() {
  const [state, setState] = useState<"idle" | "sure" | "stopping">("idle");
  const [error, setError] = useState("");
  const stop = async () => {
    setState("stopping");
    try {
      await bodyOf(await client.api.stop.$post({ json: {} }));
    } catch (cause) {
      setError(messageOf(cause));
      setState("idle");
    }
  };
  if (state === "stopping") return <button type="button" disabled>Stopping …</button>;
  if (state === "idle") {
    return (
      <>
        <button type="button" onClick={() => setState("sure")}>Stop</button>
        {error !== "" && <span role="alert">{error}</span>}
      </>
    );
  }
  return (
    <span class="row">
      Stop the run? Finished work is kept.
      <button type="button" onClick={() => void stop()}>Yes, stop</button>
      <button type="button" onClick={() => setState("idle")}>No</button>
    </span>
  );
}

const SIGNS: Readonly<Record<StageSummary["state"], string>> = {
  pending: "to come",
  running: "in progress",
  done: "done",
  skipped: "done before",
  "cut off": "not finished",
};

function Stages({ stages }: { readonly stages: readonly StageSummary[] }) {
  return (
    <section class="card stages">
      <h2>Steps</h2>
      {stages.length === 0 && <p class="quiet">They are listed when the run starts.</p>}
      <ol>
        {stages.map((stage) => {
          const part = partDone(stage);
          const seconds = stage.began !== null && stage.ended !== null
            ? (stage.ended - stage.began) / 1000
            : null;
          const facts = stage.state === "running"
            ? [
              part > 0 ? percentText(part) : SIGNS.running,
              rateText(stage.rate, stage.unit),
              stage.left === null ? "" : `${durationText(stage.left)} left`,
            ]
            : [SIGNS[stage.state], seconds === null ? "" : durationText(seconds)];
          return (
            <li key={stage.title} class={stage.state.replace(" ", "-")} title={stage.about}>
              <span class="stage-name">{capital(stage.name)}</span>
              <span class="stage-facts">{facts.filter((fact) => fact !== "").join(" · ")}</span>
              <div
                class="meter thin"
                role="progressbar"
                aria-label={stage.name}
                aria-valuenow={Math.floor(part * 100)}
                aria-valuemin={0}
                aria-valuemax={100}
              >
                <div class={`fill ${stage.state.replace(" ", "-")}`} style={{ width: `${part * 100}%` }} />
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
      <h2>Messages</h2>
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
