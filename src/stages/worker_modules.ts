/** What the workers of every stage run. */
import { programFile } from "../program_file.ts";
import type { WorkerModules } from "../run/run_context.ts";

export const WORKER_MODULES: WorkerModules = {
  worker: programFile("./worker.ts", import.meta.url),
  helper: programFile("../block/team_worker.ts", import.meta.url),
  load: () => import("./worker_service.ts"),
};
