/** The thread's side of `thread.ts`. */
/// <reference lib="deno.worker" />
import { UserError } from "../../user_error.ts";
import { type DashboardOptions, startDashboard } from "./start.ts";

/** What the thread answers. */
export type ThreadAnswer =
  | { readonly kind: "listening"; readonly url: string; readonly port: number }
  /** The page asks for the run to be stopped. */
  | { readonly kind: "stop" }
  | { readonly kind: "failed"; readonly message: string; readonly isUserError: boolean };

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<DashboardOptions & { readonly canStop?: boolean }>) => void) | null;
  postMessage(answer: ThreadAnswer): void;
};

scope.onmessage = async ({ data }) => {
  try {
    const { url, port } = await startDashboard({
      ...data,
      ...(data.canStop ? { onStop: () => scope.postMessage({ kind: "stop" }) } : {}),
    });
    scope.postMessage({ kind: "listening", url, port });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    scope.postMessage({ kind: "failed", message, isUserError: cause instanceof UserError });
  }
};
