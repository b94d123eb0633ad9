/** The dashboard in a thread of its own, so that neither waits for the other: training keeps the main thread busy for long stretches. */
import { UserError } from "../../user_error.ts";
import { programFile } from "../../program_file.ts";
import type { Dashboard, DashboardOptions } from "./start.ts";
import type { ThreadAnswer } from "./thread_worker.ts";

const MODULE = programFile("./thread_worker.ts", import.meta.url);

/**
 * As `startDashboard`.
 * @param onLost takes a failure of the thread, which ends the page and not the run
 * @param onStop the page asks for the run to be stopped
 */
export function startDashboardThread(
  options: Omit<DashboardOptions, "onStop" | "label" | "learner" | "find"> & { readonly canStop?: boolean },
  { onLost, onStop }: { readonly onLost: (reason: string) => void; readonly onStop: () => void },
): Promise<Dashboard> {
  let isListening = false;
  const worker = new Worker(MODULE, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
      if (data.kind === "stop") return onStop();
      if (data.kind === "listening") {
        isListening = true;
        const close = () => Promise.resolve(worker.terminate());
        resolve({ url: data.url, port: data.port, close });
        return;
      }
      worker.terminate();
      reject(data.isUserError ? new UserError(data.message, { code: data.code }) : new Error(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (isListening) onLost(event.message);
      else reject(new Error(event.message));
    };
    worker.postMessage(options);
  });
}
