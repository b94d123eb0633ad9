/** Learns from labels and scores what is in sight, in a thread of its own, so that painting never waits. */
/// <reference lib="deno.worker" />
import { createQueue } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { openZarr } from "../volume/zarr/mod.ts";
import { createLiveLearning, type LiveLearning } from "./live_learn.ts";
import type { LiveAnswer, LiveRequest } from "./live.ts";
import { leadLiveTeam, type LiveTeam } from "./live_team.ts";
import { pictureOf } from "./picture.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<LiveRequest>) => void) | null;
  postMessage(answer: LiveAnswer): void;
};

/** Of the threads that stay, and what is learned with them. */
let team: LiveTeam | undefined;
let learning: LiveLearning | undefined;
let stopping = new AbortController();
/** Ends what is scored out of sight. */
let pausing = new AbortController();
const inTurn = createQueue();

scope.onmessage = ({ data }) => {
  pausing.abort();
  if (data.kind === "pause") return;
  stopping.abort(); // ends what is being scored; a training goes on to its end
  const { signal } = stopping = new AbortController();
  const { signal: beside } = pausing = new AbortController();
  void inTurn(async () => {
    try {
      if (data.kind === "begin") learning = createLiveLearning(team = await leadLiveTeam(data.seat));
      else if (data.kind === "learn") scope.postMessage(await begun(learning).learn(data));
      else if (data.kind === "picture") await show(begun(team), data);
      else if (data.kind === "sides") {
        const lines = await begun(learning).judgeSides(data);
        if (lines) scope.postMessage({ kind: "sides", version: data.version, lines });
      } else {
        await begun(learning).score(data, { signal, beside }, (told) => scope.postMessage(told));
      }
    } catch (cause) {
      if (isStop(cause, signal) || isStop(cause, beside)) return;
      const message = cause instanceof Error ? cause.message : String(cause);
      scope.postMessage({ kind: "failed", message, isUserError: cause instanceof UserError });
    }
  });
};

/** Whether something ended because it was told to. */
function isStop(cause: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (cause === reason || (cause instanceof Error && cause.cause === reason));
}

function begun<T>(part: T | undefined): T {
  if (part !== undefined) return part;
  throw new Error("the thread was asked for something before it began");
}

async function show(
  { kernels }: LiveTeam,
  { id, raw, task }: Extract<LiveRequest, { kind: "picture" }>,
): Promise<void> {
  const answer = { kind: "picture", id } as const;
  try {
    scope.postMessage({ ...answer, picture: await pictureOf(await openZarr(raw), task, kernels), error: "" });
  } catch (cause) {
    scope.postMessage({
      ...answer,
      picture: undefined,
      error: cause instanceof Error ? cause.message : String(cause),
    });
  }
}
