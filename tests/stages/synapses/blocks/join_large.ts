/**
 * A process that joins the parts of a made-up volume and writes the table as a run does, and tells what it took, as JSON.
 * Arguments: blocks along each axis, bytes for the table, an empty folder, and `summary` where no table is to be written.
 */
import { joinParts } from "../../../../src/stages/synapses/blocks/join.ts";
import { writeNumberFile } from "../../../../src/stages/synapses/blocks/number_file.ts";
import {
  summaryOf,
  writeSynapseCsv,
  writeSynapseJson,
} from "../../../../src/stages/synapses/synapse_files.ts";
import type { Zyx } from "../../../../src/volume/region.ts";
import { madeUpParts } from "./made_up_parts.ts";

/** What a join took. */
export interface JoinCost {
  readonly synapses: number;
  readonly parts: number;
  /** Resident bytes before, and most of them until the end. */
  readonly before: number;
  readonly peak: number;
  /** Seconds of joining, and of writing the table. */
  readonly joining: number;
  readonly writing: number;
}

if (import.meta.main) {
  const [along = "1,1,1", tableBytes = "0", folder = "", wanted = "table"] = Deno.args;
  const made = madeUpParts(along.split(",").map(Number) as unknown as Zyx);
  await made.read(made.blocks[0]?.write ?? { start: [0, 0, 0], shape: made.shape });
  const before = residentBytes("VmRSS");
  const begin = performance.now();
  const about = { name: "scores", threshold: 1, minSize: 100, voxelSize: [40, 4, 5] as const, anisotropy: 8 };
  const joined = await joinParts(made.blocks, {
    ...about,
    ...made,
    hasDirections: true,
    tableBytes: Number(tableBytes),
    folder,
  });
  await writeNumberFile(`${folder}/numbers.bin`, made.blocks, joined);
  const between = performance.now();
  if (wanted === "table") {
    writeSynapseCsv(`${folder}/table.csv`, joined.table);
    writeSynapseJson(`${folder}/table.json`, joined.table, "scores");
  }
  const { count } = summaryOf(joined.table);
  const cost: JoinCost = {
    synapses: count,
    parts: made.parts,
    before,
    peak: residentBytes("VmHWM"),
    joining: (between - begin) / 1000,
    writing: (performance.now() - between) / 1000,
  };
  // deno-lint-ignore no-console -- what the process is for
  console.log(JSON.stringify(cost));
}

function residentBytes(field: "VmRSS" | "VmHWM"): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(new RegExp(`${field}:\\s*(\\d+) kB`).exec(status)?.[1]) * 1024;
}
