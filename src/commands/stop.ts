/** Ctrl-C: the first stops the work in an orderly way, the second at once. */
import type { Reporter } from "../engine/mod.ts";

const STOPPED = 130;

/** Runs work with a signal that is aborted by SIGINT or SIGTERM. */
export async function withStopSignals<T>(
  reporter: Pick<Reporter, "message">,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) Deno.exit(STOPPED);
    reporter.message("stopping, within 5 seconds; press Ctrl-C again to stop immediately");
    controller.abort();
  };
  // Windows knows no SIGTERM.
  const signals: Deno.Signal[] = Deno.build.os === "windows" ? ["SIGINT"] : ["SIGINT", "SIGTERM"];
  for (const name of signals) Deno.addSignalListener(name, stop);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) Deno.removeSignalListener(name, stop);
  }
}
