/** The model of a run, as the page and the report read it. */
import { readStumpFile } from "../../boosting/mod.ts";
import type { Settings } from "../../config/settings.ts";
import { ifThere } from "../../if_there.ts";
import { resultPrefix } from "../../run/work_folder.ts";
import { usesSavedModel } from "../../stages/model.ts";
import type { Watch } from "./watch.ts";

/** Where it is, or will be. */
export function modelPath(workFolder: string, settings: Settings): string {
  return usesSavedModel(settings) ? settings.savedStumpsPath : `${resultPrefix(workFolder)}-stumps.cfg`;
}

/** Tells the median size of the synapses that a run's model learned from, voxels, reading its file once; null where it is not known. */
export function labelledSizes({ workFolder, model }: Watch): () => Promise<number | null> {
  let read: { readonly of: string; readonly voxels: number | null } | undefined;
  return async () => {
    const settings = (await model()).settings();
    if (settings === undefined) return null;
    const path = modelPath(workFolder, settings);
    const info = await ifThere(() => Deno.stat(path));
    if (info === undefined) return null;
    const of = `${path} ${info.size} ${info.mtime?.getTime()}`;
    if (read?.of !== of) {
      const { labelledVoxels = null } = await readStumpFile(path, { anisotropy: 1 });
      read = { of, voxels: labelledVoxels };
    }
    return read.voxels;
  };
}
