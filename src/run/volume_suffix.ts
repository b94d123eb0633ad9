/** How names tell one training volume from another: those of the first are as where it is the only one. */

/** What follows the names of a training volume's stages, files and folders: nothing, `-1`, `-2`, ... */
export function suffixOf(index: number): string {
  return index === 0 ? "" : `-${index}`;
}

/** What people read of a stage of a training volume. */
export function titleOf(stage: string, index: number): string {
  return index === 0 ? stage : `${stage} ${index}`;
}

/** The name of a training volume's group in a configuration with so many. */
export function groupOf(index: number, volumes: number): string {
  return volumes === 1 ? "train" : `train[${index}]`;
}
