/** Finds all synapses: what it takes, how far it is, and what it has found. */
import { useState } from "preact/hooks";
import type { LabelState } from "../../api.ts";
import type { Box, FindPlan, FoundSoFar } from "../../found.ts";
import { messageOf, RUN_PAGE } from "../client.ts";
import { Meter } from "../meter.tsx";
import { fractionUnderWay, isUnderWay, outdated, progressText } from "./find_text.ts";
import { FindWhere, WHOLE } from "./find_where.tsx";
import type { Exported } from "../../../label/export.ts";
import type { LabelApi, Where } from "./label_api.ts";
import { Commands } from "./label_export.tsx";
import { Modal } from "./modal.tsx";
import { boxOfPlanes } from "./sight.ts";
import type { Finding } from "./use_find.ts";
import type { Labelling } from "./use_labelling.ts";

interface FindProps {
  readonly labelling: Labelling;
  readonly finding: Finding;
  readonly close: () => void;
}

export function FindDialog({ labelling, finding, close }: FindProps) {
  const { project: { api }, state, planes, view } = labelling;
  const { shape } = state;
  const { found, error, act } = finding;
  const isBusy = found !== undefined && isUnderWay(found);
  return (
    <Modal id="label-find" title="Find all synapses" close={close}>
      {found?.begun && <Begun api={api} found={found} now={state} act={act} />}
      {error !== "" && <p class="error-text" role="alert">{error}</p>}
      {found && !isBusy && (
        <NewSearch
          api={api}
          state={state}
          inSight={() => boxOfPlanes(planes, view.large.name, shape)}
          replaces={found.begun !== null}
          begin={(where) => act(() => api.startFind(where))}
        />
      )}
      <form method="dialog">
        <button type="submit">{isBusy ? "Go on painting" : "Close"}</button>
      </form>
    </Modal>
  );
}

/** The search that was begun last. */
function Begun(
  { api, found, now, act }: {
    readonly api: LabelApi;
    readonly found: FoundSoFar;
    readonly now: LabelState;
    readonly act: Finding["act"];
  },
) {
  const { begun, run, isRunning } = found;
  const [isBusy, setBusy] = useState(false);
  const change = async (what: () => Promise<FoundSoFar>) => {
    setBusy(true);
    await act(what);
    setBusy(false);
  };
  const { changes, settings } = outdated(found, now);
  const canGoOn = !isUnderWay(found) && run !== "done";
  return (
    <section>
      <p role="status">{progressText(found, Date.now(), now.stacks)}</p>
      {isUnderWay(found) && <Meter label="The search" fraction={fractionUnderWay(found)} state="running" />}
      {begun?.box && <p class="quiet">{placeText(begun.box)}</p>}
      {changes > 0 && (
        <p>
          <b>The labels have changed since</b>{" "}
          ({changes === 1 ? "one change" : `${changes} changes`}): this search does not know of that. A new
          one learns from all labels.
        </p>
      )}
      {settings.length > 0 && (
        <p>
          <b>The settings have changed since</b>{" "}
          ({settings.join(", ")}): this search goes by the old ones. A new one uses those of now.
        </p>
      )}
      <p class="row">
        {isRunning && (
          <button type="button" disabled={isBusy} onClick={() => void change(api.stopFind)}>Stop</button>
        )}
        {canGoOn && (
          <button type="button" disabled={isBusy} onClick={() => void change(api.resumeFind)}>
            Go on
          </button>
        )}
        <a href={`${RUN_PAGE}#/`}>Progress</a>
        {run === "done" && <a href={`${RUN_PAGE}#/results`}>Table of synapses</a>}
      </p>
    </section>
  );
}

/** Where a table's positions begin. */
function placeText({ begin: [z, y, x] }: Box): string {
  return `Positions in its table begin at the part's corner: add ${x} to x, ${y} to y, ${z} to z for the stack.`;
}

interface NewProps {
  readonly api: LabelApi;
  readonly state: LabelState;
  readonly inSight: () => Box;
  /** Whether there is a search before. */
  readonly replaces: boolean;
  readonly begin: (where: Where) => Promise<void>;
}

function NewSearch({ api, state, inSight, replaces, begin }: NewProps) {
  const [where, setWhere] = useState<Where | undefined>(WHOLE);
  const [plan, setPlan] = useState<FindPlan | undefined>(undefined);
  const [isBegun, setBegun] = useState(false);
  const start = async () => {
    setBegun(true);
    await begin(where ?? WHOLE);
    setBegun(false);
  };
  return (
    <section>
      {replaces && <h3>Search anew</h3>}
      <FindWhere
        api={api}
        state={state}
        inSight={inSight}
        where={where}
        set={setWhere}
        plan={plan}
        setPlan={setPlan}
      />
      <p class="row">
        <button type="button" disabled={!plan || isBegun} onClick={() => void start()}>
          {replaces ? "Find all anew" : "Find all"}
        </button>
        {replaces && <span>What was found before is removed, unless it was proofread.</span>}
      </p>
      {where === WHOLE && <ByCommand api={api} />}
    </section>
  );
}

/** Exports the project once the commands are asked for. */
function ByCommand({ api }: { readonly api: LabelApi }) {
  const [exported, setExported] = useState<Exported | undefined>(undefined);
  const [error, setError] = useState("");
  const open = async () => {
    try {
      setExported(await api.export());
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  return (
    <details onToggle={(event) => event.currentTarget.open && void open()}>
      <summary>By command, on another computer, or on a cluster</summary>
      {error !== "" && <p role="alert">Nothing was exported: {error}.</p>}
      {exported && <Commands exported={exported} />}
    </details>
  );
}
