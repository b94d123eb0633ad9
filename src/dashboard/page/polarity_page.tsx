/** Polarity: one question for each annotated synapse, on which side the vesicles are. */
import { useEffect, useState } from "preact/hooks";
import type { Xyz } from "../../config/settings_types.ts";
import type { PolarityComponent, PolarityState, RunSummary } from "../api.ts";
import { addressOf, bodyOf, client } from "./client.ts";
import { PolarityQuestion } from "./polarity_question.tsx";

export function PolarityPage({ run }: { readonly run: RunSummary | undefined }) {
  const [state, setState] = useState<PolarityState | undefined>(undefined);
  const [error, setError] = useState("");
  const runState = run?.state ?? "";
  const stages = run?.stages.filter(({ state: of }) => of === "done").length ?? 0;
  useEffect(() => {
    void (async () => {
      try {
        setState(await bodyOf(await client.api.polarity.$get()) as PolarityState);
        setError("");
      } catch (cause) {
        setError(cause instanceof Error ? cause.message : String(cause));
      }
    })();
  }, [runState, stages]);
  const answer = async (id: number, polarity: Xyz | null): Promise<boolean> => {
    try {
      const json = { id, polarity: polarity ? [...polarity] as [number, number, number] : null };
      setState(await bodyOf(await client.api.polarity.$post({ json })) as PolarityState);
      setError("");
      return true;
    } catch (cause) {
      setError(`The answer was not kept: ${cause instanceof Error ? cause.message : String(cause)}`);
      return false;
    }
  };
  return (
    <>
      <h1 class="sr-only">Polarity of the synapses</h1>
      {error !== "" && <p class="notice" role="alert">{error}</p>}
      {state && state.unavailable !== "" && <p class="quiet pad">{state.unavailable}</p>}
      {state && state.unavailable === "" && <Questions state={state} run={run} answer={answer} />}
    </>
  );
}

interface QuestionsProps {
  readonly state: PolarityState;
  readonly run: RunSummary | undefined;
  readonly answer: (id: number, polarity: Xyz | null) => Promise<boolean>;
}

function isOpen({ configured, answer }: PolarityComponent): boolean {
  return !configured && !answer;
}

function Questions({ state, run, answer }: QuestionsProps) {
  const { components } = state;
  const first = components.find(isOpen) ?? components[0];
  const [id, setId] = useState(first?.id ?? 0);
  const [history, setHistory] = useState<readonly number[]>([]);
  const place = components.findIndex((component) => component.id === id);
  const component = components[place] ?? first;
  const open = components.filter(isOpen);
  const move = (step: number) => {
    const next = components[(place + step + components.length) % components.length];
    if (next) setId(next.id);
  };
  const give = async (polarity: Xyz) => {
    if (!component || component.configured || !await answer(component.id, polarity)) return;
    setHistory([...history, component.id]);
    // The next open one behind this, else the first.
    const others = components.filter((other) => other.id !== component.id && isOpen(other));
    const next = others.find((other) => other.id > component.id) ?? others[0];
    if (next) setId(next.id);
  };
  const undo = async () => {
    const last = history.at(-1);
    if (last === undefined || !await answer(last, null)) return;
    setHistory(history.slice(0, -1));
    setId(last);
  };
  const again = async () => {
    if (component) await answer(component.id, null);
  };
  if (!component) return <p class="quiet pad">The ground truth has no synapse that is large enough.</p>;
  return (
    <div class="polarity">
      <section class="card ask">
        <p class="count" data-testid="answered">
          <b>{components.length - open.length}</b> of {components.length} answered
        </p>
        <ol class="dots" aria-label="Synapses">
          {components.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                class={one.configured ? "configured" : one.answer ? "answered" : "open"}
                aria-current={one.id === component.id ? "true" : undefined}
                aria-label={`Synapse ${one.id}, ${
                  one.configured ? "in the configuration" : one.answer ? "answered" : "not answered"
                }`}
                onClick={() => setId(one.id)}
              >
                {one.id}
              </button>
            </li>
          ))}
        </ol>
      </section>
      <PolarityQuestion
        key={component.id}
        state={state}
        component={component}
        give={give}
        again={again}
        undo={history.length > 0 ? undo : undefined}
        move={move}
      />
      <Outcome state={state} open={open.length} run={run} />
    </div>
  );
}

function Outcome(
  { state, open, run }: {
    readonly state: PolarityState;
    readonly open: number;
    readonly run: RunSummary | undefined;
  },
) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(state.text);
    setCopied(true);
  };
  return (
    <section class="card outcome">
      <h2>{open === 0 ? "All are answered" : `${open} to go`}</h2>
      <p>
        {open === 0
          ? "A run in this work folder takes the answers up. One that was started with --serve goes on by itself; else start the same command again:"
          : "Answers are kept in the work folder as you give them: leave and come back as you like."}
      </p>
      {open === 0 && run && run.state !== "running" && <pre class="command">{run.command}</pre>}
      {state.configPath !== "" && (
        <p>
          <a
            class="button"
            href={addressOf("/files/config-with-polarity.cfg")}
            download="config-with-polarity.cfg"
          >
            Configuration with the answers
          </a>{" "}
          <span class="quiet">{state.configPath}</span>
        </p>
      )}
      <details>
        <summary>To paste into your own configuration</summary>
        <button type="button" onClick={() => void copy()}>{isCopied ? "Copied" : "Copy"}</button>
        <pre data-testid="cc-polarity">{state.text}</pre>
      </details>
    </section>
  );
}
