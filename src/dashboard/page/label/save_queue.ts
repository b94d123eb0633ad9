/** Sends what was done to the server, one after the other, until it has it. */
import { Unreachable } from "../unreachable.ts";

/** How saving stands. */
export interface SaveState {
  /** What was done and is not acknowledged yet. */
  readonly waiting: number;
  /** Why it is not; empty as long as nothing is wrong. */
  readonly problem: string;
  /** When the last was acknowledged here, milliseconds since 1970; null: nothing was yet. */
  readonly savedAt: number | null;
}

/** Something to send. */
export interface Job<T> {
  readonly send: () => Promise<T>;
  readonly onSaved: (answer: T) => void;
  /** The server refuses it; it will not be sent again. */
  readonly onRefused: (cause: unknown) => void;
  /** Whether it may be sent again where it is not known whether the server had it. */
  readonly isRepeatable: boolean;
}

export interface SaveQueue {
  add<T>(job: Job<T>): void;
  state(): SaveState;
  /** Tries again at once. */
  hurry(): void;
}

const FIRST_PAUSE = 300;
const LONGEST_PAUSE = 5000;

/** @param onChange is called whenever `state()` is another */
export function createSaveQueue(
  onChange: () => void,
  pause = (milliseconds: number, signal: AbortSignal) => sleep(milliseconds, signal),
): SaveQueue {
  const jobs: Job<unknown>[] = [];
  let problem = "";
  let savedAt: number | null = null;
  let isSending = false;
  let waking = new AbortController();

  const settle = (job: Job<unknown>) => {
    jobs.splice(jobs.indexOf(job), 1);
    problem = "";
  };
  const sendAll = async () => {
    if (isSending) return;
    isSending = true;
    let wait = FIRST_PAUSE;
    for (let job = jobs[0]; job; job = jobs[0]) {
      try {
        const answer = await job.send();
        settle(job);
        savedAt = Date.now();
        job.onSaved(answer);
        wait = FIRST_PAUSE;
      } catch (cause) {
        if (cause instanceof Unreachable && job.isRepeatable) {
          problem = cause.message;
          onChange();
          await pause(wait, waking.signal);
          waking = new AbortController();
          wait = Math.min(LONGEST_PAUSE, 2 * wait);
          continue;
        }
        settle(job);
        job.onRefused(cause);
      }
      onChange();
    }
    isSending = false;
  };
  return {
    add(job) {
      jobs.push(job as Job<unknown>);
      onChange();
      void sendAll();
    },
    state: () => ({ waiting: jobs.length, problem, savedAt }),
    hurry: () => waking.abort(),
  };
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });
}
