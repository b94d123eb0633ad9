/** The threads that learn and score for a page. They stay, since starting some takes longer than most of what they are asked for. */
import { startTeam } from "../engine/mod.ts";
import { canShareMemory, dissolveTeam } from "../kernels/mod.ts";
import { programFile } from "../program_file.ts";
import type { Resources } from "../run/plan_stage.ts";
import { WORKER_MODULES } from "../stages/worker_modules.ts";
import type { LiveAnswer, LiveRequest } from "./live.ts";

const MODULE = programFile("./live_thread.ts", import.meta.url);

/** The threads, as they are seen from without. */
export interface LiveThreads {
  ask(request: LiveRequest): void;
  /** Ends all at once. */
  end(): void;
}

/** Starts the thread that learns and its helpers. @param lost is told when one has died; all are ended then */
export function startLiveThreads(
  { workers, inMainThread = false }: Resources,
  take: (answer: LiveAnswer) => void,
  lost: (message: string) => void,
): LiveThreads {
  const leader = new Worker(MODULE, { type: "module" });
  const count = inMainThread || !canShareMemory() ? 0 : workers - 1;
  const options = {
    module: WORKER_MODULES.helper,
    count,
    isCrowded: workers > navigator.hardwareConcurrency,
  };
  const team = count > 0 ? startTeam(options, new SharedArrayBuffer(4)) : undefined;
  const helpers = team?.helpers ?? [];
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    if (team) dissolveTeam(team.seat.control);
    for (const one of [leader, ...helpers]) one.terminate();
  };
  const died = (message: string) => {
    if (hasEnded) return;
    end();
    lost(message);
  };
  leader.onmessage = ({ data }: MessageEvent<LiveAnswer>) => take(data);
  // a helper says nothing unless it dies
  for (const helper of helpers) helper.onmessage = ({ data }) => died(String(data?.died?.message ?? data));
  for (const one of [leader, ...helpers]) {
    one.onerror = (event) => {
      event.preventDefault();
      died(event.message);
    };
  }
  const ask = (request: LiveRequest, transfer: MessagePort[] = []) => leader.postMessage(request, transfer);
  ask({ kind: "begin", seat: team?.seat }, [...team?.seat.ports ?? []]);
  return { ask: (request) => ask(request), end };
}
