/** A team whose leader is the test itself. */
import {
  createTeamControl,
  dissolveTeam,
  type HelperSeat,
  type Kernels,
  loadTeam,
} from "../../src/kernels/mod.ts";

export interface TestTeam extends Disposable {
  readonly kernels: Kernels;
  /** What helpers say that died. */
  readonly deaths: readonly unknown[];
}

/** Starts a team of so many threads. @param module of the helpers */
export async function startTestTeam(
  threads: number,
  module: URL = new URL("../../src/block/team_worker.ts", import.meta.url),
): Promise<TestTeam> {
  const control = createTeamControl(threads > navigator.hardwareConcurrency);
  const pulse = new SharedArrayBuffer(4);
  const ports: MessagePort[] = [];
  const deaths: unknown[] = [];
  const helpers = Array.from({ length: threads - 1 }, (_, i) => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1);
    const helper = new Worker(module, { type: "module" });
    helper.onmessage = ({ data }) => deaths.push(data);
    const seat: HelperSeat = { control, threads, thread: i + 1, port: port2 };
    helper.postMessage({ kind: "help", seat, pulse }, [port2]);
    return helper;
  });
  const kernels = await loadTeam({ control, threads, ports });
  return {
    kernels,
    deaths,
    [Symbol.dispose]() {
      dissolveTeam(control);
      for (const port of ports) port.close();
      for (const helper of helpers) helper.terminate();
    },
  };
}
