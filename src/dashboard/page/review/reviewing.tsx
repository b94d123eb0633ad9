/** One synapse after the other: what it looks like, what is said of it, and what can be done. */
import { useMemo, useRef, useState } from "preact/hooks";
import type { ReviewItem } from "../../api.ts";
import { messageOf } from "../client.ts";
import { middleOfVoxel, type Point } from "../geometry.ts";
import { useUnsavedWarning } from "../label/use_project.ts";
import { type SynapseRows, valueAt } from "../../../analysis/synapse_columns.ts";
import { countText } from "../text.ts";
import { useKeys } from "../use_keys.ts";
import type { Volume } from "../volume.ts";
import { type Deed, ReviewButtons } from "./review_buttons.tsx";
import { nextOpen, ORDERS, type ReviewOrder, reviewOrder } from "./review_order.ts";
import { type ReviewMode, ReviewPlanes } from "./review_planes.tsx";
import type { ReviewStore } from "./review_store.ts";
import { estimateText, itemText, progressText } from "./review_text.ts";

interface ReviewingProps {
  readonly store: ReviewStore;
  readonly rows: SynapseRows;
  readonly raw: Volume | undefined;
  readonly scores: Volume | undefined;
  /** The synapse to begin with; 0: the first that nothing is said of. */
  readonly first: number;
}

/** Voxels around a synapse that a plane shows, and of the brush. */
const MARGIN = 40;
const SHOWN_LEAST = 100;
const RADIUS = 4;

/** What to do in each mode. */
const HINTS: Readonly<Record<ReviewMode, string>> = {
  look: "",
  split: "Click once in each part, then press Enter. Each voxel goes to the nearest of these places.",
  merge: "Click the synapse that is one with this.",
  add: "Click a missed synapse to take the supervoxel there, or paint it; then press Enter.",
};

export function Reviewing({ store, rows, raw, scores, first }: ReviewingProps) {
  useUnsavedWarning(() => store.saving().waiting > 0);
  const { anisotropy, threshold, canUndo, canRedo, progress, carried, lost } = store.state();
  const [by, setBy] = useState<ReviewOrder>("sample");
  const order = useMemo(() => reviewOrder(rows, by), [rows, by]);
  const isOpen = (id: number) => (store.item(id)?.verdict ?? null) === null;
  const [id, setId] = useState(() =>
    first > 0 && first <= rows.count ? first : order[nextOpen(order, -1, isOpen) ?? 0] ?? 1
  );
  const [mode, setMode] = useState<ReviewMode>("look");
  const [seeds, setSeeds] = useState<readonly Point[]>([]);
  const [isOutlined, setOutlined] = useState(true);
  /** The synapse that is being added; 0: none yet. */
  const adding = useRef(0);
  const comment = useRef<HTMLInputElement>(null);
  const item = store.item(id);
  const place = order.indexOf(id);

  const go = (to: number) => {
    setId(to);
    changeMode("look");
  };
  const changeMode = (to: ReviewMode) => {
    setMode((now) => now === to ? "look" : to);
    setSeeds([]);
    adding.current = 0;
    // Enter is to end what a button began, and not to press it again.
    if (document.activeElement instanceof HTMLButtonElement) document.activeElement.blur();
  };
  const move = (step: number) => go(order[(Math.max(0, place) + step + order.length) % order.length] ?? id);
  const goOn = () => {
    const next = nextOpen(order, place, (other) => other !== id && isOpen(other));
    if (next !== undefined) go(order[next] ?? id);
  };
  const say = (verdict: "accepted" | "rejected" | "unsure") => {
    store.act({ kind: "verdict", id, verdict });
    goOn();
  };
  const back = (kind: "undo" | "redo") =>
    store.act({ kind }, (changed) => {
      const [one] = changed;
      if (one && one.id > 0 && one.id <= rows.count) go(one.id);
    });
  const finish = () => {
    if (mode === "split" && seeds.length > 1) {
      store.act({ kind: "split", id, seeds: seeds.map(([z, y, x]) => [z, y, x]) });
    }
    changeMode("look");
  };
  const added = (changed: readonly ReviewItem[]) => {
    const one = changed.find((other) => other.id < 0);
    if (one) adding.current = one.id;
  };
  const click = async (voxel: Point) => {
    if (mode === "split") setSeeds([...seeds, voxel]);
    if (mode === "add") store.act({ kind: "grow", id: adding.current || null, at: voxel }, added);
    if (mode !== "merge") return;
    try {
      const other = await store.at([...voxel]);
      if (other === 0 || other === id) store.say("there is no other synapse; click inside its outline");
      else {
        store.act({ kind: "merge", ids: [id, other] });
        changeMode("merge");
      }
    } catch (cause) {
      store.say(messageOf(cause));
    }
  };
  const deeds: readonly Deed[] = [
    { key: "a", text: "Accept", act: () => say("accepted"), isOn: item?.verdict === "accepted" },
    { key: "x", text: "Reject", act: () => say("rejected"), isOn: item?.verdict === "rejected" },
    { key: "t", text: "Cannot tell", act: () => say("unsure"), isOn: item?.verdict === "unsure" },
    { key: "f", text: "Flip direction", act: () => store.act({ kind: "flip", id }), isOn: item?.isFlipped },
    { key: "s", text: "Split", act: () => changeMode("split"), isOn: mode === "split" },
    { key: "m", text: "Merge", act: () => changeMode("merge"), isOn: mode === "merge" },
    { key: "i", text: "Add missed", act: () => changeMode("add"), isOn: mode === "add" },
    { key: "h", text: "Outlines", act: () => setOutlined(!isOutlined), isOn: isOutlined },
    { key: "u", text: "Undo", act: () => back("undo"), isOff: !canUndo },
    { key: "r", text: "Redo", act: () => back("redo"), isOff: !canRedo },
    { key: "p", text: "Previous", act: () => move(-1) },
    { key: "n", text: "Next", act: () => move(1) },
  ];
  const keys = useKeys();
  keys.current = {
    ...Object.fromEntries(deeds.map(({ key, act, isOff }) => [key, () => isOff || act()])),
    c(event) {
      event.preventDefault(); // or it would be typed
      comment.current?.focus();
    },
    enter: finish,
    escape: () => changeMode("look"),
  };

  const value = (name: string) => valueAt(rows, name, id - 1);
  const voxel = (name: string) => Math.round(value(name));
  const position = middleOfVoxel([voxel("z"), voxel("y"), voxel("x")]);
  const sign = item?.isFlipped ? -1 : 1;
  const direction: Point = [sign * value("dz"), sign * value("dy"), sign * value("dx")];
  const length = Math.cbrt(value("voxels")) * 1.5;
  const shape = (raw ?? scores)?.info.shape ?? [1, 1, 1];
  const missed = store.items().filter((one) => one.id < 0 && one.verdict !== "rejected");
  const saving = store.saving();
  return (
    <div class="polarity review">
      <section class="card ask">
        <p class="count" data-testid="review-progress">{progressText(progress)}</p>
        <label class="field">
          <span>Order</span>
          <select value={by} onChange={(event) => setBy(event.currentTarget.value as ReviewOrder)}>
            {Object.entries(ORDERS).map(([name, text]) => <option key={name} value={name}>{text}</option>)}
          </select>
        </label>
        <p class="estimate" data-testid="review-estimate">{estimateText(progress)}</p>
        {carried + lost > 0 && (
          <p class="doubt">
            The table was made anew with other settings. Earlier decisions that apply to synapses at the same
            places: {carried}; that do not apply any more: {lost}.
          </p>
        )}
      </section>
      <section class="question">
        <h2>Synapse {id}: is it one?</h2>
        <p class="quiet" data-testid="review-item">
          {itemText(item)} · {countText(value("voxels"))} voxels · mean score {value("mean_score").toFixed(2)}
          {Number.isNaN(direction[0]) ? "" : " · the arrow points to the vesicles"}
        </p>
        {HINTS[mode] !== "" && <p class="doubt" role="status">{HINTS[mode]}</p>}
        {store.problem() !== "" && <p class="notice" role="alert">{store.problem()}</p>}
        {saving.problem !== "" && (
          <p class="notice" role="alert">
            Not saved yet: {saving.waiting}. {saving.problem}; what you decide is sent again.
          </p>
        )}
        <ReviewPlanes
          key={id}
          mode={mode}
          drawn={{
            raw,
            scores,
            threshold: threshold ?? 0,
            isOutlined,
            position,
            direction: Number.isNaN(direction[0]) ? undefined : direction,
            length,
            seeds: [...item?.seeds ?? [], ...seeds].map(middleOfVoxel),
            missed: missed.map(({ runs }) => runs),
          }}
          shape={shape}
          anisotropy={anisotropy}
          extent={Math.max(SHOWN_LEAST, 2 * length + 2 * MARGIN)}
          radius={RADIUS}
          onClick={(voxel) => void click(voxel)}
          onPaint={(runs) => store.act({ kind: "add", id: adding.current || null, runs }, added)}
        />
        <ReviewButtons deeds={deeds} finish={mode === "look" ? undefined : finish} />
        <form
          class="row"
          onSubmit={(event) => {
            event.preventDefault();
            store.act({ kind: "comment", id, comment: comment.current?.value ?? "" });
            comment.current?.blur();
          }}
        >
          <label class="field grow">
            <span>
              Comment <kbd>C</kbd>
            </span>
            <input key={id} ref={comment} type="text" maxLength={500} defaultValue={item?.comment ?? ""} />
          </label>
          <button type="submit">Save comment</button>
        </form>
      </section>
      {missed.length > 0 && <Added missed={missed} store={store} />}
    </div>
  );
}

/** Synapses that were missed, and a way to take each back. */
function Added({ missed, store }: { readonly missed: readonly ReviewItem[]; readonly store: ReviewStore }) {
  const voxelsOf = ({ runs }: ReviewItem) => runs.reduce((sum, n, i) => sum + (i % 4 === 3 ? n : 0), 0);
  return (
    <section class="card">
      <h2>Added</h2>
      <ul class="added">
        {missed.map((one) => (
          <li key={one.id}>
            Added synapse {-one.id}, {voxelsOf(one)} voxels around x {one.runs[2]}, y {one.runs[1]}, z{" "}
            {one.runs[0]}{" "}
            <button
              type="button"
              class="small"
              onClick={() => store.act({ kind: "verdict", id: one.id, verdict: "rejected" })}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
