/** Further stacks that are added to a project on its page. */
import { basename } from "node:path";
import { addStack } from "./begin_stack.ts";
import { namesIn, type NearStack, placeIn } from "./near_stack.ts";
import type { LabelProject } from "./project.ts";
import { folderOfStack, type LabelStack } from "./stack.ts";

/** Adds stacks to one project. */
export interface StackAdder {
  /** What may be stacks next to the first one. */
  state(): NearStack;
  /**
   * Adds a stack.
   * @param path starts from the folder of the first stack
   * @throws {UserError} where it cannot be read or does not belong to the others
   */
  add(path: string, signal: AbortSignal): Promise<AddedStack>;
}

/** A stack that was added, with what should be known of its file. */
interface AddedStack {
  readonly stack: LabelStack;
  readonly notes: readonly string[];
}

/** What stacks may be called. */
const STACK_NAME = /\.(tiff?|nrrd|mrc|nii|nii\.gz|h5|hdf5|zarr|n5|dm3|dm4)$/i;
const ADVICE = "where the first stack is; stacks elsewhere can be named when the program is started";
/** Bytes for voxels while a file is read: labels are painted meanwhile. */
const MEMORY = 48 * 2 ** 20;

/** Begins without a file. */
export function createStackAdder(project: LabelProject): StackAdder {
  const folder = folderOfStack(project);
  let done: number | null = null;
  return {
    state() {
      const known = project.stacks().flatMap((stack) =>
        [stack.file().stack, stack.folder, stack.raw.path].map((path) => basename(path))
      );
      return { folder, names: namesIn(folder, STACK_NAME, known), done };
    },
    async add(path, signal) {
      done = 0;
      const notes: string[] = [];
      try {
        const stack = await addStack(project, placeIn(folder, path, "a stack", ADVICE), {
          warn: (note) => void notes.push(note),
          converting: { memory: MEMORY, signal, onProgress: (read, total) => done = read / total },
        });
        return { stack, notes };
      } finally {
        done = null;
      }
    },
  };
}
