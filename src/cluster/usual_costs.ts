/** What blocks cost on another machine, for an estimate that measures nothing. */
import type { Settings } from "../config/settings.ts";
import { voxelCount } from "../volume/region.ts";
import type { Costs } from "./costs.ts";
import { type ClusterEstimate, type EstimatedVolumes, estimateRun } from "./estimate.ts";
import type { Resources } from "../run/plan_stage.ts";
import { columnsOfVolume } from "./volume_plans.ts";

/**
 * Seconds of one thread for a voxel. `ccboost cluster plan` measured on a busy virtual machine of two cores, with 17 columns and 100, 300 and 1000
 * stumps: scoring 0, 2.9 and 4.6 e-7 for a voxel read and 3.4, 2.8 and 2.2 e-6 for one written, which together hardly depend on stumps;
 * samples 1.2 to 3.7 e-7 and 0 to 3.3 e-7; gathering 1.9 to 6.3 e-7, and 6.8 to 9.9 e-5 for a sample. What scoring takes beyond the
 * supervoxels, which are all of the samples' cost, grows with the columns.
 */
const SUPERVOXELS = { read: 1.2e-7, write: 3e-7 };
const COLUMN = { read: 1e-8, write: 1.4e-7 };
const GATHER = { read: 3e-7, write: 9e-5 };
const COMPONENTS = 4e-7;

/** Voxels for each supervoxel, about, of which there cannot be more to learn from. */
const SUPERVOXEL = 10;

/** Bytes a second to and from a disk of one's own. */
const BANDWIDTH = 5e8;

/** What blocks of a run of these settings cost, about. */
function usualCosts(settings: Settings): Costs {
  const volume = settings.test[0] ?? settings.train;
  const columns = volume ? columnsOfVolume(settings, volume) : 1;
  const score = {
    read: SUPERVOXELS.read + COLUMN.read * columns,
    write: SUPERVOXELS.write + COLUMN.write * columns,
  };
  return settings.train ? { score, samples: SUPERVOXELS, gather: GATHER, components: COMPONENTS } : { score };
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
