/** The dashboard in a thread of its own, so that neither waits for the other: training keeps the main thread busy for long stretches. */
import { UserError } from "../../config/user_error.ts";
import { programFile } from "../../program_file.ts";
import type { Dashboard, DashboardOptions } from "./start.ts";

/** What the thread answers. */
export type ThreadAnswer =
  | { readonly kind: "listening"; readonly url: string; readonly port: number }
  | { readonly kind: "failed"; readonly message: string; readonly isUserError: boolean };

const MODULE = programFile("./thread_worker.ts", import.meta.url);

/**
 * As `startDashboard`. A failure of the thread later on ends the page and not the run.
 * @param onLost is told why, then
 */
export function startDashboardThread(
  options: DashboardOptions,
  onLost: (reason: string) => void,
): Promise<Dashboard> {
  let isListening = false;
  const worker = new Worker(MODULE, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
      if (data.kind === "listening") {
        isListening = true;
        const close = () => Promise.resolve(worker.terminate());
        resolve({ url: data.url, port: data.port, close });
        return;
      }
      worker.terminate();
      reject(data.isUserError ? new UserError(data.message) : new Error(data.message));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (isListening) onLost(event.message);
      else reject(new Error(event.message));
    };
    worker.postMessage(options);
  });
}
