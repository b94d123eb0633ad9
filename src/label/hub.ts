/** Who listens to a stack's labels, and what each is told. */
import type { LabelChange, LabelEvents } from "./state.ts";

/** Takes news with the number of the last change that they tell. */
type LabelListener = (news: Partial<LabelEvents>, id: string) => void;

/** Who listens. */
export interface LabelHub {
  tell(news: Partial<LabelEvents>): void;
  /**
   * Listens from now on. First it is told what it missed.
   * @param after number of the last change that the listener has; empty: it has none
   * @returns a function that ends it
   */
  listen(after: string, listener: LabelListener): Promise<() => void>;
  /** Listens from now on, without being told what was before. @returns a function that ends it */
  follow(follower: (news: Partial<LabelEvents>) => void): () => void;
  /** How many listen, without those that follow. */
  count(): number;
}

/** Changes that a page which comes back can be told one by one. */
const MOST_RECENT = 1000;

/** Begins without listeners. @param now the number of the last change @param first what each listener is told at first */
export function createHub(now: () => number, first: () => Partial<LabelEvents>): LabelHub {
  const listeners = new Set<LabelListener>();
  const followers = new Set<(news: Partial<LabelEvents>) => void>();
  const recent: LabelChange[] = [];
  return {
    tell(news) {
      if (news.stroke) {
        recent.push(news.stroke);
        if (recent.length > MOST_RECENT) recent.shift();
      }
      for (const listener of listeners) listener(news, String(now()));
      for (const follower of followers) follower(news);
    },
    listen(after, listener) {
      const has = /^\d{1,15}$/.test(after) ? Number(after) : undefined;
      if (has !== undefined && has !== now()) {
        const missed = recent.filter(({ seq }) => seq > has);
        const isWhole = has < now() && (recent[0]?.seq ?? Infinity) <= has + 1;
        if (isWhole) { for (const stroke of missed) listener({ stroke }, String(stroke.seq)); }
        else listener({ reload: "too much was missed" }, String(now()));
      }
      listener(first(), String(now()));
      listeners.add(listener);
      return Promise.resolve(() => void listeners.delete(listener));
    },
    follow(follower) {
      followers.add(follower);
      return () => void followers.delete(follower);
    },
    count: () => listeners.size,
  };
}
