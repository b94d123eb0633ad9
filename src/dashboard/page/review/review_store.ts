/** A review on the page: what is said of each synapse, and what is on its way to the server. */
import type { ReviewChange, ReviewItem, ReviewState } from "../../api.ts";
import { UNTOUCHED } from "../../../stages/synapses/review/records.ts";
import type { AskedReview } from "../../server/review.ts";
import { bodyOf, client, messageOf } from "../client.ts";
import { createSaveQueue, type SaveState } from "../label/save_queue.ts";

/** Something to do, without the UUID by which the server knows it when it is sent again. */
export type Asked = AskedReview extends infer A ? A extends AskedReview ? Omit<A, "action"> : never : never;

export interface ReviewStore {
  state(): ReviewState;
  /** What is said of a synapse, or will be when it is saved; undefined where nothing is. */
  item(id: number): ReviewItem | undefined;
  /** All that something is said of. */
  items(): readonly ReviewItem[];
  /** Does something; it is sent until the server has it. @param onSaved is given the synapses that it changed */
  act(asked: Asked, onSaved?: (changed: readonly ReviewItem[]) => void): void;
  /** The number of the synapse at a voxel; 0: none. */
  at(place: readonly [number, number, number]): Promise<number>;
  saving(): SaveState;
  /** What went wrong last; empty where nothing did. */
  problem(): string;
  say(problem: string): void;
}

/** What was said of the synapses of a test volume's table. */
export async function reviewItems(volume: number): Promise<readonly ReviewItem[]> {
  const param = { volume: String(volume) };
  return await bodyOf(await client.api.review[":volume"].items.$get({ param })) as readonly ReviewItem[];
}

/** Opens the review of a test volume's table. @param onChange is called whenever something is new */
export async function openReview(volume: number, onChange: () => void): Promise<ReviewStore> {
  const route = client.api.review[":volume"];
  const param = { volume: String(volume) };
  let state = await bodyOf(await route.$get({ param })) as ReviewState;
  const items = new Map(state.items.map((item) => [item.id, item]));
  const queue = createSaveQueue(onChange);
  /** Verdicts that are on their way. */
  const pending: { readonly id: number; readonly verdict: ReviewItem["verdict"] }[] = [];
  let problem = "";
  const take = (change: ReviewChange) => {
    state = { ...state, ...change };
    for (const item of change.items) items.set(item.id, item);
    problem = "";
    onChange();
  };
  const say = (text: string) => {
    problem = text;
    onChange();
  };
  return {
    state: () => state,
    item(id) {
      const sent = pending.findLast((one) => one.id === id);
      const item = items.get(id);
      return sent ? { ...UNTOUCHED, id, ...item, verdict: sent.verdict } : item;
    },
    items: () => [...items.values()],
    act(asked, onSaved) {
      const json = { action: crypto.randomUUID(), ...asked };
      const sent = asked.kind === "verdict" ? [{ id: asked.id, verdict: asked.verdict }] : [];
      pending.push(...sent);
      const arrived = () => sent.forEach((one) => pending.splice(pending.indexOf(one), 1));
      queue.add({
        send: async () => await bodyOf(await route.$post({ param, json: json as never })) as ReviewChange,
        isRepeatable: true,
        onSaved(change) {
          arrived();
          take(change);
          onSaved?.(change.items);
        },
        onRefused(cause) {
          arrived();
          say(`Not saved: ${messageOf(cause)}`);
        },
      });
    },
    async at([z, y, x]) {
      const query = { z: String(z), y: String(y), x: String(x) };
      const { id } = await bodyOf(await route.at.$get({ param, query: query as never }));
      return id;
    },
    saving: queue.state,
    problem: () => problem,
    say,
  };
}
