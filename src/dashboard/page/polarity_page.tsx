/** Polarity: one question for each labelled synapse, on which side the vesicles are. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { PolarityComponent, PolarityState, PolarityVolume, RunSummary } from "../api.ts";
import type { Xyz } from "../../config/settings_types.ts";
import type { Answer } from "../server/polarity.ts";
import { addressOf, bodyOf, client, messageOf } from "./client.ts";
import { rememberedHere, rememberHere } from "./memory.ts";
import { KEY, keyOf, type QuestionState, questionStates, synapseName } from "./polarity_names.ts";
import { PolarityQuestion } from "./polarity_question.tsx";
import { CopiedCommand } from "./state_card.tsx";
import { capitalized } from "./text.ts";
import { useKeys } from "./use_keys.ts";

/** An answer on its way, with the line that it was given with. */
interface Sent {
  readonly given: Answer;
  readonly line: Xyz | undefined;
}

interface PolarityProps {
  readonly run: RunSummary | undefined;
  /** Another text whenever an answer was given or taken back, here or elsewhere. */
  readonly answers: string;
}

export function PolarityPage({ run, answers }: PolarityProps) {
  const [state, setState] = useState<PolarityState | undefined>(undefined);
  const [error, setError] = useState("");
  const [pending, setPending] = useState<ReadonlyMap<string, Sent>>(new Map());
  const queue = useRef<Promise<void>>(Promise.resolve());
  const runState = run?.state ?? "";
  const stages = run?.stages.filter(({ state: of }) => of === "done").length ?? 0;
  useEffect(() => {
    void (async () => {
      try {
        setState(await bodyOf(await client.api.polarity.$get()) as PolarityState);
        setError("");
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
  }, [runState, stages, answers]);
  /** Shows the answer at once and sends it after those that are on their way. */
  const answer = (component: PolarityComponent, given: Answer, line?: Xyz) => {
    const { volume, id } = component, key = keyOf(component);
    const sent: Sent = { given, line };
    const forget = () =>
      setPending((old) => new Map([...old].filter(([one, other]) => one !== key || other !== sent)));
    setPending((old) => new Map([...old, [key, sent]]));
    queue.current = queue.current.then(async () => {
      try {
        const polarity = typeof given === "string" || given === null ? given : [...given];
        const json = { volume, id, polarity, ...(line ? { line: [...line] } : {}) };
        setState(await bodyOf(await client.api.polarity.$post({ json: json as never })) as PolarityState);
        setError("");
      } catch (cause) {
        const name = synapseName(component, state?.volumes ?? []);
        setError(`The answer for ${name} was not saved: ${messageOf(cause)}`);
      }
      forget();
    });
  };
  const shown = state && { ...state, components: state.components.map((one) => withAnswer(one, pending)) };
  return (
    <>
      <h1 class="sr-only">Polarity of the synapses</h1>
      {error !== "" && <p class="notice" role="alert">{error}</p>}
      {shown && shown.unavailable !== "" && <p class="quiet pad">{shown.unavailable}</p>}
      {shown && shown.unavailable === "" && run && (
        <Questions state={shown} run={run} isSaving={pending.size > 0} answer={answer} />
      )}
    </>
  );
}

function withAnswer(
  component: PolarityComponent,
  pending: ReadonlyMap<string, Sent>,
): PolarityComponent {
  const sent = pending.get(keyOf(component));
  if (sent === undefined) return component;
  const { given, line = null } = sent;
  return typeof given === "string"
    ? { ...component, answer: null, leftOut: given, line }
    : { ...component, answer: given, leftOut: null, line };
}

interface QuestionsProps {
  readonly state: PolarityState;
  readonly run: RunSummary;
  /** Whether answers are on their way. */
  readonly isSaving: boolean;
  readonly answer: (component: PolarityComponent, given: Answer, line?: Xyz) => void;
}

const STATE_TEXTS: Readonly<Record<QuestionState, string>> = {
  open: "not answered",
  answered: "answered",
  "left out": "left out",
  configured: "in the configuration",
  unneeded: "needs no answer",
};

function Questions({ state, run, isSaving, answer }: QuestionsProps) {
  const { components, volumes } = state;
  const states = questionStates(components);
  const stateIs = (component: PolarityComponent) => states.get(keyOf(component)) ?? "open";
  const isOpen = (component: PolarityComponent) => stateIs(component) === "open";
  const first = components.find(isOpen) ?? components[0];
  const [chosen, choose] = useState(first ? keyOf(first) : "");
  const [history, setHistory] = useHistory(run.workFolder);
  const place = components.findIndex((component) => keyOf(component) === chosen);
  const component = components[place] ?? first;
  const open = components.filter(isOpen);
  const asked = components.filter((one) => stateIs(one) !== "unneeded").length;
  const move = (step: number) => {
    const next = components[(place + step + components.length) % components.length];
    if (next) choose(keyOf(next));
  };
  const give = (given: Answer, line?: Xyz) => {
    if (!component || component.configured) return;
    answer(component, given, line);
    setHistory([...history, keyOf(component)]);
    // The next open one behind this, else the first.
    const others = components.filter((other) => other !== component && isOpen(other));
    const next = others.find((other) => components.indexOf(other) > place) ?? others[0];
    if (next) choose(keyOf(next));
  };
  const last = components.find((one) => keyOf(one) === history.at(-1));
  const undo = () => {
    setHistory(history.slice(0, -1));
    if (!last) return;
    answer(last, null);
    choose(keyOf(last));
  };
  const keys = useKeys();
  if (!component) return <p class="quiet pad">No labelled synapse is large enough to train on.</p>;
  return (
    <div class="polarity">
      <section class="card ask">
        <p class="count" data-testid="answered">
          <b>{asked - open.length}</b> of {asked} answered
        </p>
        {volumes.map((volume, index) => (
          <Dots
            key={volume.group}
            title={volumes.length > 1 ? volumeTitle(volume, index) : ""}
            components={components.filter((one) => one.volume === index)}
            current={component}
            volumes={volumes}
            stateIs={stateIs}
            choose={choose}
          />
        ))}
      </section>
      <PolarityQuestion
        key={keyOf(component)}
        state={state}
        component={component}
        question={stateIs(component)}
        give={give}
        again={() => answer(component, null)}
        undo={history.length > 0 ? undo : undefined}
        move={move}
        keys={keys}
      />
      <Outcome state={state} open={open.length} run={run} isSaving={isSaving} />
    </div>
  );
}

function volumeTitle({ name }: PolarityVolume, index: number): string {
  return `Training volume ${index}: ${name}`;
}

interface DotsProps {
  /** What is written before them; empty: nothing. */
  readonly title: string;
  readonly components: readonly PolarityComponent[];
  readonly current: PolarityComponent;
  readonly volumes: readonly PolarityVolume[];
  readonly stateIs: (component: PolarityComponent) => QuestionState;
  readonly choose: (key: string) => void;
}

/** The synapses of a volume, to choose one. */
function Dots({ title, components, current, volumes, stateIs, choose }: DotsProps) {
  return (
    <div class="dots-of">
      {title !== "" && <h2>{title}</h2>}
      {components.length === 0 && <p class="quiet">Not counted yet, or none is large enough.</p>}
      <ol class="dots" aria-label={title === "" ? "Synapses" : `Synapses of ${title}`}>
        {components.map((one) => (
          <li key={one.id}>
            <button
              type="button"
              class={stateIs(one).replace(" ", "-")}
              aria-current={one === current ? "true" : undefined}
              aria-label={`${capitalized(synapseName(one, volumes))}, ${STATE_TEXTS[stateIs(one)]}`}
              title={STATE_TEXTS[stateIs(one)]}
              onClick={() => choose(keyOf(one))}
            >
              {one.id}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** The synapses answered in this tab, by their keys, the last one last; kept when the page is loaded again. */
function useHistory(workFolder: string): [readonly string[], (history: readonly string[]) => void] {
  const key = `answered ${workFolder}`;
  const [history, setHistory] = useState<readonly string[]>(() =>
    rememberedHere(key).split(",").filter((one) => KEY.test(one))
  );
  return [history, (next) => {
    setHistory(next);
    rememberHere(key, next.join());
  }];
}

/** What becomes of the answers. */
function nextText({ state }: RunSummary): string {
  if (state === "done") return "The run has used the answers. If you change one, run the same command again.";
  if (state === "running") return "The run uses these answers.";
  return "A run started with --serve continues by itself. Otherwise run the same command again; it uses the answers:";
}

interface OutcomeProps {
  readonly state: PolarityState;
  readonly open: number;
  readonly run: RunSummary;
  readonly isSaving: boolean;
}

function Outcome({ state, open, run, isSaving }: OutcomeProps) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(state.text);
    setCopied(true);
  };
  return (
    <section class="card outcome">
      <h2>
        {open > 0 ? `${open} left to answer` : isSaving ? "Saving the last answer …" : "All are answered"}
      </h2>
      <p>
        {open === 0
          ? nextText(run)
          : "Answers are saved immediately; you can leave and come back at any time."}
      </p>
      {open === 0 && run.state !== "running" && run.state !== "done" && (
        <CopiedCommand command={run.command} />
      )}
      {state.configPath !== "" && (
        <p>
          <a
            class="button"
            href={addressOf("/files/config-with-polarity.cfg")}
            download="config-with-polarity.cfg"
          >
            Download the configuration with the answers
          </a>{" "}
          <span class="quiet">{state.configPath}</span>
        </p>
      )}
      <details>
        <summary>The answers, to paste into your own configuration</summary>
        <button type="button" onClick={() => void copy()}>{isCopied ? "Copied" : "Copy"}</button>
        <pre data-testid="cc-polarity">{state.text}</pre>
      </details>
    </section>
  );
}
