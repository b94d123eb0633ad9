/** How a memory limit for the whole process is divided by what compares scores or lists synapses. Measured figures. */

/** Bytes of the program itself. */
const PROGRAM_BYTES = 128 * 2 ** 20;
const MOST_VOXELS = 1 << 22;

/** Least limit for a table of synapses. */
export const SYNAPSES_MEMORY = 256 * 2 ** 20;
/** Part of the memory that the table may take. */
const TABLE_SHARE = 1 / 2;
/** Of one voxel in work: scores, labels and directions with what is not collected yet. */
export const SYNAPSES_VOXEL = 48;

/** Least limit for a comparison by voxel. Measured with it on 256 x 512 x 512 voxels without equal scores: 233 to 245 MiB. */
export const EVALUATION_MEMORY = 256 * 2 ** 20;
/** The same by synapse, which leaves more behind in the process. Measured: 256 to 321 MiB. */
export const COMPARISON_MEMORY = 384 * 2 ** 20;
const EVALUATION_VOXEL = 56;
const MOST_COUNTERS = 1 << 27;
const LEAST_COUNTERS = 1 << 20;
/** The same of voxels that are compared by synapse, and bytes of a component. */
const COMPARISON_VOXEL = 96;
const COMPONENT_BYTES = 1024;

/** For `findSynapses`. @param memory at least {@linkcode SYNAPSES_MEMORY} */
export function synapsesShares(memory: number): { tableBytes: number; blockVoxels: number } {
  const free = memory - PROGRAM_BYTES;
  return { tableBytes: free * TABLE_SHARE, blockVoxels: voxelsIn(free / 4, SYNAPSES_VOXEL) };
}

/** For `evaluate`. @param memory at least {@linkcode EVALUATION_MEMORY} */
export function evaluationShares(memory: number): { memoryBytes: number; blockVoxels: number } {
  const free = memory - PROGRAM_BYTES;
  return {
    memoryBytes: Math.min(MOST_COUNTERS, Math.max(LEAST_COUNTERS, free / 4)),
    blockVoxels: voxelsIn(free / 2, EVALUATION_VOXEL),
  };
}

/** For `evaluateSynapses`. @param memory at least {@linkcode COMPARISON_MEMORY} */
export function comparisonShares(memory: number): { blockVoxels: number; mostParts: number } {
  const free = memory - (COMPARISON_MEMORY - EVALUATION_MEMORY) - PROGRAM_BYTES;
  return {
    blockVoxels: voxelsIn(free / 2, COMPARISON_VOXEL),
    mostParts: Math.floor(free / 2 / COMPONENT_BYTES),
  };
}

function voxelsIn(bytes: number, bytesPerVoxel: number): number {
  return Math.min(MOST_VOXELS, Math.floor(bytes / bytesPerVoxel));
}
