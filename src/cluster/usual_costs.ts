/** What blocks cost on another machine, for an estimate that measures nothing. */
import type { Settings } from "../config/settings.ts";
import { crossFits, stumpsOf } from "../stages/refine/expected.ts";
import { voxelCount } from "../volume/region.ts";
import type { Costs } from "./costs.ts";
import type { ClusterEstimate, EstimatedVolumes } from "./estimate.ts";
import { estimateRun } from "./estimate.ts";
import type { Resources } from "../stages/run_context.ts";
import { columnsOfVolume } from "./volume_plans.ts";

/**
 * Seconds of one thread for a voxel, as `ccboost plan` measured them on two cores of a virtual machine, 28 November: reading with 17
 * columns and with 1, and writing with 300 stumps; what is not read is taken to grow with columns, what is not written with stumps.
 */
const READ = { fixed: 1.5e-7, column: 2.5e-8 };
const WRITE = { fixed: 1e-6, stump: 2e-9 };
const SAMPLES = { read: 8e-7, write: 8e-7 };
const GATHER = { read: 4e-7, write: 1e-4 };
const COMPONENTS = 1.5e-7;

/** Voxels for each supervoxel, about, of which there cannot be more to learn from. */
const SUPERVOXEL = 10;

/** Bytes a second to and from a disk of one's own. */
const BANDWIDTH = 5e8;

/** What blocks of a run of these settings cost, about. */
export function usualCosts(settings: Settings): Costs {
  const volume = settings.test[0] ?? settings.train;
  const columns = volume ? columnsOfVolume(settings, volume) : 1;
  const cost = (stumps: number) => ({
    read: READ.fixed + READ.column * columns,
    write: WRITE.fixed + WRITE.stump * stumps,
  });
  const score = cost(stumpsOf(settings));
  if (!settings.train) return { score };
  const crossFit = crossFits(settings) ? { crossFit: cost(settings.numStumps) } : {};
  return { score, ...crossFit, samples: SAMPLES, gather: GATHER, components: COMPONENTS };
}

/** What a run would take on this machine, about. */
export function estimateHere(
  settings: Settings,
  { memory, workers }: Resources,
  volumes: EstimatedVolumes,
): ClusterEstimate {
  const learned = volumes.learned ? voxelCount(volumes.learned.shape) : 0;
  const maxTrainingSamples = Math.max(
    1,
    Math.min(settings.maxTrainingSamples, Math.ceil(learned / SUPERVOXEL)),
  );
  const cluster = { scheduler: "none", nodes: 1, cpus: workers, memory, bandwidth: BANDWIDTH } as const;
  return estimateRun({ ...settings, maxTrainingSamples }, usualCosts(settings), cluster, volumes);
}
