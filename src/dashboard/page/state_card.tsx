/** What a person should know of the state of a run, and what to do next. */
import { useEffect, useState } from "preact/hooks";
import type { PolarityState, RunSummary } from "../api.ts";
import { bodyOf, client, messageOf } from "./client.ts";
import { questionStates } from "./polarity_names.ts";
import { clockText } from "./text.ts";

interface StateCardProps {
  readonly run: RunSummary;
  /** Another text whenever an answer on polarity was given. */
  readonly answers: string;
  readonly now: number;
  /** Whether the page can go on with a run that has ended early. */
  readonly canResume: boolean;
  /** Whether it is the search of a labelling project. */
  readonly isOfProject: boolean;
}

export function StateCard({ run, answers, now, canResume, isOfProject }: StateCardProps) {
  switch (run.state) {
    case "waiting":
      return <Waiting run={run} answers={answers} />;
    case "failed":
      return <Failed run={run} canResume={canResume} />;
    case "done":
      return <Done run={run} />;
    case "killed":
      return (
        <Resumable
          title="The run was killed"
          text={`It last reported at ${clockText(run.seen, now)} and ended without a message. It was ` +
            "killed, or the machine ran out of memory or power."}
          command={run.command}
          canResume={canResume}
          isProblem
        />
      );
    case "silent":
      return (
        <Resumable
          title={`Not responding since ${clockText(run.seen, now)}`}
          text="The run may have been killed, or its machine cannot be reached. If it is still running, this page updates by itself."
          command={run.command}
          canResume={false}
          isProblem
        />
      );
    case "stopped":
      return (
        <Resumable title="Stopped" text="The run was stopped." command={run.command} canResume={canResume} />
      );
    case "empty":
      return isOfProject
        ? (
          <div class="card" role="status">
            <h2>Nothing was searched yet</h2>
            <p>
              When some synapses are painted, choose <i>Find all</i> on the page{" "}
              <a href="../#/label">Label</a>. This page then shows how far it is.
            </p>
          </div>
        )
        : (
          <div class="card" role="status">
            <h2>No run in this folder yet</h2>
            <p>Start a run with this work folder; this page updates by itself.</p>
          </div>
        );
    default:
      return null;
  }
}

interface ResumableProps {
  readonly title: string;
  readonly text: string;
  readonly command: string;
  readonly canResume: boolean;
  readonly isProblem?: boolean;
}

function Resumable({ title, text, command, canResume, isProblem = false }: ResumableProps) {
  return (
    <div class={isProblem ? "card problem" : "card"} role={isProblem ? "alert" : "status"}>
      <h2>{title}</h2>
      <p>
        {text} Finished work is kept. {!canResume && "Run the same command again to resume:"}
      </p>
      {canResume ? <ResumeButton /> : <CopiedCommand command={command} />}
    </div>
  );
}

/** Goes on where the run ended. */
function ResumeButton() {
  const [isAsked, setAsked] = useState(false);
  const [error, setError] = useState("");
  const resume = async () => {
    setAsked(true);
    try {
      await bodyOf(await client.api.resume.$post({ json: {} }));
    } catch (cause) {
      setError(messageOf(cause));
      setAsked(false);
    }
  };
  return (
    <p class="row">
      <button type="button" disabled={isAsked} onClick={() => void resume()}>Go on</button>
      {error !== "" && <span role="alert">{error}</span>}
    </p>
  );
}

function Failed({ run, canResume }: { readonly run: RunSummary; readonly canResume: boolean }) {
  const [problem = "", ...advice] = run.error.split("\n");
  return (
    <div class="card problem" role="alert">
      <h2>The run ended with an error</h2>
      <p class="error-text">{problem}</p>
      {advice.length > 0 && <pre>{advice.join("\n")}</pre>}
      <p>Finished work is kept. Fix the cause, then {canResume ? "go on." : "run the same command again:"}</p>
      {canResume ? <ResumeButton /> : <CopiedCommand command={run.command} />}
    </div>
  );
}

function Waiting({ run, answers }: { readonly run: RunSummary; readonly answers: string }) {
  const [open, setOpen] = useState(run.questions);
  useEffect(() => {
    void (async () => {
      try {
        const { components } = await bodyOf(await client.api.polarity.$get()) as PolarityState;
        setOpen([...questionStates(components).values()].filter((state) => state === "open").length);
      } catch {
        setOpen(run.questions); // the page says that the server is away
      }
    })();
  }, [run.questions, answers]);
  return (
    <div class="card asks" role="status">
      <h2>Waiting for you: {open} {open === 1 ? "question" : "questions"}</h2>
      <p>
        {open === 0
          ? "All are answered. A run started with --serve continues by itself; otherwise run the same command again:"
          : "On which side of each labelled synapse are the vesicles? The run continues when all are answered."}
      </p>
      {open === 0 ? <CopiedCommand command={run.command} /> : (
        <p>
          <a class="button" href="#/polarity">Answer</a>
        </p>
      )}
    </div>
  );
}

function Done({ run }: { readonly run: RunSummary }) {
  if (run.tableCommand === "") return null;
  return (
    <div class="card next" role="status">
      <h2>Done. What next?</h2>
      <p>
        <a class="button" href="#/view?scores">Look at the scores</a>{" "}
        <a href="#/results">{run.listsSynapses ? "Table of synapses and files" : "Files to download"}</a>
      </p>
      <p>
        {run.listsSynapses
          ? "To list the synapses with another threshold or minimum size, add --threshold or --min-size:"
          : "List the synapses in a table, with position, size and direction:"}
      </p>
      <CopiedCommand command={run.tableCommand} />
      <p class="quiet">Keep the work folder until you have your table: this command needs it.</p>
    </div>
  );
}

/** A command with a button that copies it. */
export function CopiedCommand({ command }: { readonly command: string }) {
  const [isCopied, setCopied] = useState(false);
  if (command === "") return null;
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    setCopied(true);
  };
  // A browser gives pages the clipboard only where they come from this machine or over https.
  const canCopy = globalThis.isSecureContext;
  return (
    <div class="copied">
      <pre class="command">{command}</pre>
      {canCopy && <button type="button" onClick={() => void copy()}>{isCopied ? "Copied" : "Copy"}</button>}
    </div>
  );
}
