/** Prepares a search for all synapses: what it learns from is exported, and what it would take is planned. */
import { basename, join } from "node:path";
import { dryRun } from "../cluster/dry_run.ts";
import { resolveLocation } from "../config/location.ts";
import type { Resources } from "../run/plan_stage.ts";
import { removeFolder } from "../run/work_folder.ts";
import type { PlannedTraining } from "../stages/run.ts";
import { bytesPerVoxel } from "../volume/dtype.ts";
import { voxelCount } from "../volume/region.ts";
import { createZarr } from "../volume/zarr/mod.ts";
import { type Exported, exportProject, loadExported } from "./export.ts";
import type { LabelProject } from "./project.ts";
import { UserError } from "../user_error.ts";
import { folderOfStack, type LabelStack } from "./stack.ts";
import type { Searched } from "./state.ts";

/** The copy of a part of the stack, in the folder of its search. */
export const PART = "part.ome.zarr";

/** A search that can begin. */
export interface Prepared {
  readonly exported: Exported;
  /** Estimated. */
  readonly seconds: number;
  /** Bytes at most. */
  readonly disk: number;
  readonly training: PlannedTraining | undefined;
}

/**
 * Prepares a search in a folder of the project's.
 * @throws {UserError} where there is nothing to learn from, the volume cannot be read, or there is too little memory
 */
export async function prepareSearch(
  project: LabelProject,
  folder: string,
  where: Searched,
  resources: Resources,
): Promise<Prepared> {
  const { region, volume } = where;
  const isRescaled = volume !== undefined;
  const exported = await exportProject(project, {
    folder: basename(folder),
    scored: region ? PART : volume ?? searchedStacks(project, where),
    isRescaled,
  });
  const { dtype } = stackNamed(project, where.stack).raw;
  const part = join(folder, PART);
  if (region) await createZarr(part, { shape: region.shape, dtype }); // its voxels come with the run
  const { plan, estimate } = await dryRun(await loadExported(exported.files[0]), resources);
  if (region) await removeFolder(part);
  const copied = region ? voxelCount(region.shape) * bytesPerVoxel(dtype) : 0;
  const disk = plan.disk.reduce((sum, { bytes }) => sum + bytes, copied);
  return { exported, disk, training: plan.training, seconds: estimate.hours * 3600 };
}

/** The stack of a project by its id. @throws {UserError} where there is none */
export function stackNamed(project: LabelProject, id = ""): LabelStack {
  const found = project.stacks().find((stack) => stack.id === id);
  if (found) return found;
  throw new UserError(`the project has no stack ${JSON.stringify(id)} any more; search anew`);
}

/** The stacks that are searched as a whole. */
function searchedStacks(project: LabelProject, { all, stack }: Searched): readonly LabelStack[] {
  return all ? project.stacks() : [stackNamed(project, stack)];
}

/** What is to be searched, with an absolute path of another volume. */
export function located(project: LabelProject, { volume, ...others }: Searched): Searched {
  return volume === undefined
    ? others
    : { ...others, volume: resolveLocation(folderOfStack(project), volume) };
}
