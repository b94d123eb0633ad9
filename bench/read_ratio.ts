/**
 * Prints how much scoring reads for what it writes, by memory budget and threads:
 *
 *     deno run bench/read_ratio.ts 1024,1024,1024 [anisotropy]
 */
import { channelName, defaultChannels } from "../src/channels/mod.ts";
import { distinctPose, POSE_COUNT } from "../src/boosting/mod.ts";
import { alignColumns } from "../src/commands/text_table.ts";
import { UserError } from "../src/user_error.ts";
import { columnsOf, type ColumnSource } from "../src/block/columns.ts";
import type { VolumeJob } from "../src/block/volume_job.ts";
import { planScore } from "../src/stages/score/score.ts";
import type { Zyx } from "../src/volume/region.ts";

const GIB = 2 ** 30;
const HEAD = ["memory", "threads", "teams", "blocks", "block z,y,x", "read/write", "memory a worker"];

/** A row for each budget: all poses and default columns, as before there is a model. */
function rows(shape: Zyx, anisotropy: number): string[][] {
  const sources: ColumnSource[] = [
    { kind: "raw" },
    ...defaultChannels.map((channel) => ({ kind: "computed", name: channelName(channel) } as const)),
  ];
  const job: VolumeJob = {
    raw: "",
    anisotropy,
    slic: { seed: 2, cubeness: 16, anisotropy, join: "nearest" },
    frames: { kind: "computed", sigma: 3.5 },
    gridStep: 2,
    sources,
    columns: columnsOf(sources, anisotropy),
  };
  const stumps = Array.from({ length: POSE_COUNT }, (_, pose) => pose)
    .filter((pose) => distinctPose(pose) === pose)
    .flatMap((pose) => job.columns.map((_, column) => ({ pose, column })));
  return [0.5, 1, 2, 4, 8, 16, 32].flatMap((gib) =>
    [1, 2, 8, 16, 32].map((workers) => {
      const start = [`${gib} GiB`, String(workers)];
      try {
        const plan = planScore(
          { resources: { memory: gib * GIB, workers } },
          { job, raw: { shape } },
          stumps,
        );
        const mib = Math.round(plan.bytesPerWorker / 2 ** 20);
        return [
          ...start,
          String(plan.workers),
          String(plan.blocks.length),
          plan.blockShape.join(","),
          plan.readRatio.toFixed(2),
          `${mib} MiB`,
        ];
      } catch (cause) {
        if (cause instanceof UserError) return [...start, "", "", "too little", "", ""];
        throw cause;
      }
    })
  );
}

if (import.meta.main) {
  const [z = 0, y = 0, x = 0] = (Deno.args[0] ?? "1024,1024,1024").split(",").map(Number);
  const text = alignColumns([HEAD, ...rows([z, y, x], Number(Deno.args[1] ?? 1))], "lrrrlrr");
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}
