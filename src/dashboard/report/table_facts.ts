/** A table of synapses as a report shows it: its figures, and what is drawn of each synapse. */
import { openSynapseTable } from "../../stages/synapses/read_table.ts";
import type { ReviewProgress } from "../../stages/synapses/review/sample.ts";
import { UserError } from "../../user_error.ts";
import type { summaryRecord } from "../../stages/synapses/synapse_files.ts";

/** A table. */
export interface TableFacts {
  readonly path: string;
  /** `[x, y, z]`, as in the table. */
  readonly shape: readonly number[];
  readonly voxelSize: readonly number[] | null;
  readonly unit: string;
  readonly threshold: number;
  readonly minSize: number;
  /** How many were smaller. */
  readonly dropped: number;
  readonly summary: ReturnType<typeof summaryRecord>;
  /** How a person looked through it; null where nobody did. */
  readonly review: ReviewProgress | null;
  /** A number a synapse each; NaN where it is not known. */
  readonly columns: Readonly<Record<Drawn, Float64Array>>;
}

const DRAWN = ["x", "y", "z", "voxels", "mean_score", "dx", "dy"] as const;
type Drawn = typeof DRAWN[number];

/** Reads a table, row by row. @throws {UserError} where it is none */
export async function tableFacts(path: string): Promise<TableFacts> {
  const { head, rows } = await openSynapseTable(path);
  const facts = head as unknown as Omit<TableFacts, "path" | "columns" | "review"> & {
    review?: ReviewProgress;
  };
  const { count } = facts.summary;
  const columns = Object.fromEntries(DRAWN.map((name) => [name, new Float64Array(count)])) as Record<
    Drawn,
    Float64Array
  >;
  let at = 0;
  for await (const row of rows) {
    for (const name of DRAWN) {
      const value = row[name];
      columns[name][at] = typeof value === "number" ? value : NaN;
    }
    at++;
  }
  if (at !== count) {
    throw new UserError(
      `${path} has ${at} synapses, and says ${count}; it is damaged: list the synapses again`,
    );
  }
  return { ...facts, path, review: facts.review ?? null, columns };
}
