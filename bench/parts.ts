/** All parts of the benchmark, in the order of the table. */
import { block } from "./block.ts";
import { boosting } from "./boosting.ts";
import { columns } from "./columns.ts";
import { context } from "./context.ts";
import { files } from "./files.ts";
import { growth } from "./growth.ts";
import { job } from "./job.ts";
import { kernels } from "./kernels.ts";
import type { Part } from "./part.ts";
import { supervoxels } from "./supervoxels.ts";
import { workers } from "./workers.ts";

export const PARTS: readonly Part[] = [
  job,
  columns,
  context,
  boosting,
  supervoxels,
  files,
  growth,
  workers,
  block,
  kernels,
];

/** The part of a name. Throws where there is none. */
export function partOf(name: string): Part {
  const part = PARTS.find((part) => part.name === name);
  if (!part) {
    throw new Error(`there is no part ${name}; they are ${PARTS.map((part) => part.name).join(", ")}`);
  }
  return part;
}
