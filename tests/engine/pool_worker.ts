/** The worker of `pool_test.ts`: does what a task tells it. */
import { UserError } from "../../src/user_error.ts";
import { serveWorker } from "../../src/engine/worker.ts";

/** What the worker shall do with a task. */
export interface TestTask {
  readonly id: number;
  readonly action:
    | "square"
    | "buffer"
    | "throw"
    | "user-error"
    | "die"
    | "die-later"
    | "unclonable"
    | "wait"
    | "slow"
    | "spin"
    | "hang"
    | "threads";
}

/** What the worker answers. */
export interface TestResult {
  readonly value: number;
  /** Tasks that this worker had before. */
  readonly before: number;
  readonly buffer?: Uint8Array<ArrayBuffer>;
  /** Length of the worker's own buffer after posting the answer before. */
  readonly left?: number;
}

const rejected = () => Promise.reject(new Error("out of band"));

serveWorker<{ factor: number; failInit?: "error" | "user-error" }, TestTask, TestResult>({
  init({ factor, failInit }, beat, seat) {
    if (failInit === "error") throw new Error("no kernels");
    if (failInit === "user-error") throw new UserError("the model is missing");
    let before = 0;
    let last: Uint8Array | undefined;
    return async ({ id, action }) => {
      const seen = before++;
      const value = factor * id * id;
      if (action === "throw") throw new TypeError(`cannot do ${id}`, { cause: new Error("bad voxel") });
      if (action === "user-error") throw new UserError("volume.zarr: chunk 3 is damaged; copy it again");
      if (action === "unclonable") return { result: (() => {}) as unknown as TestResult };
      if (action === "die") {
        setTimeout(() => {
          throw new RangeError("memory ran out");
        });
        await new Promise(() => {});
      }
      if (action === "die-later") setTimeout(() => void rejected());
      if (action === "threads") {
        await new Promise((resolve) => setTimeout(resolve, 150)); // so that no worker computes all
        return { result: { value: seat?.threads ?? 1, before: seen } };
      }
      if (action === "wait") await new Promise((resolve) => setTimeout(resolve, 150));
      if (action === "slow") {
        // computes without a pause for ten times the silence that the test allows, but beats
        for (const end = performance.now() + 1000; performance.now() < end;) beat();
      }
      if (action === "spin") {
        for (const end = performance.now() + 2500; performance.now() < end;);
      }
      if (action === "hang") await new Promise((resolve) => setTimeout(resolve, 60_000));
      if (action !== "buffer") return { result: { value, before: seen } };
      const left = last?.length ?? -1;
      last = new Uint8Array(1000).fill(id);
      const buffer = last as Uint8Array<ArrayBuffer>;
      return { result: { value, before: seen, buffer, left }, transfer: [buffer.buffer] };
    };
  },
});
