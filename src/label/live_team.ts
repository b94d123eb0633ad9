/** The threads of a page, as the one that learns and scores leads them: what they compute, it computes with their help. */
import { memoryBeside, memoryForWorkers, memoryPerWorker, mostWorkers } from "../engine/mod.ts";
import { type Kernels, type LeaderSeat, loadKernels, loadTeam } from "../kernels/mod.ts";
import type { Resources } from "../run/plan_stage.ts";
import type { RunContext, WorkerModules } from "../run/run_context.ts";
import { WORKER_MODULES } from "../stages/worker_modules.ts";
import { serviceWith } from "../stages/worker_service.ts";

/** The team. */
export interface LiveTeam {
  readonly kernels: Kernels;
  /** Computes the tasks of stages in this thread, with the team's help. */
  readonly workerModules: WorkerModules;
}

/** Leads the helpers. */
export async function leadLiveTeam(seat: LeaderSeat | undefined): Promise<LiveTeam> {
  const kernels = seat ? await loadTeam(seat) : await loadKernels();
  const { arena } = kernels;
  const { init } = serviceWith(() => Promise.resolve(kernels));
  const service: ReturnType<typeof serviceWith> = {
    async init(job, beat) {
      const compute = await init(job, beat);
      return async (task) => {
        const mark = arena.mark();
        try {
          return await compute(task);
        } finally {
          arena.release(mark); // what a task that failed has left
        }
      };
    },
  };
  return { kernels, workerModules: { ...WORKER_MODULES, load: () => Promise.resolve({ service }) } };
}

/** How a stage is planned that the team computes, block by block. */
export function teamResources(resources: Resources): Resources {
  return { ...resources, teams: 1, inMainThread: true };
}

/**
 * The context for work that is no blocks: of few values in this thread alone, where workers had not even started; of many in workers, as far
 * as there is memory for them.
 * @param kernels of this thread
 */
export function contextForValues(
  context: RunContext,
  values: number,
  { arena }: Pick<Kernels, "arena">,
): RunContext {
  const { resources } = context;
  const beside = resourcesBeside(resources, arena.memory.buffer.byteLength);
  return values < FEW_VALUES || beside.workers === 1
    ? { ...context, resources: resourcesAlone(resources) }
    : { ...context, workerModules: WORKER_MODULES, resources: beside };
}

/** What this thread has alone: the part that blocks have when it leads the team, in the same memory. */
export function resourcesAlone(resources: Resources): Resources {
  const bytes = memoryPerWorker(resources.memory, 1, resources.workers);
  return { ...resources, memory: memoryForWorkers(bytes, 1), workers: 1, inMainThread: true };
}

/** What workers have beside the team, whose memory never becomes smaller. @param held bytes of that */
export function resourcesBeside(resources: Resources, held: number): Resources {
  const { workers } = resources;
  const memory = memoryBeside(resources.memory, held, workers);
  const fitting = Math.max(1, Math.min(workers, mostWorkers(memory)));
  return { ...resources, memory, workers: fitting, inMainThread: false };
}

/** Values that take about as long as workers need to start. */
const FEW_VALUES = 2 ** 23;
