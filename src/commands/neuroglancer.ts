/** `ccboost neuroglancer`: the results of a run as a folder that Neuroglancer shows, and the link to it. */
import { join, relative, resolve } from "node:path";
import { UserError } from "../user_error.ts";
import { callbackStage } from "../engine/mod.ts";
import { commandLine, typedPath } from "../program_name.ts";
import { exists } from "../run/work_folder.ts";
import { PARTS } from "../stages/export/neuroglancer/state.ts";
import {
  MOST_MESHES,
  requireNeuroglancerFolder,
  writeNeuroglancerFolder,
} from "../stages/export/neuroglancer/folder.ts";
import { keptAnisotropy } from "../stages/synapses/kept.ts";
import { SYNAPSES_MEMORY, synapsesShares } from "../stages/synapses/memory.ts";
import { readSynapseTable } from "../stages/synapses/read_table.ts";
import { type SynapseFiles, synapseFiles } from "../stages/synapses/write_synapses.ts";
import { openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import { voxelCount } from "../volume/region.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { meshMemory } from "./export.ts";
import { textOf } from "./flag_values.ts";
import { memoryOf } from "./resource_flags.ts";
import { scoresOf } from "./scores_of.ts";
import { runOfScores } from "./evaluate_kept.ts";
import { stackNear } from "./stack_near.ts";
// not from mod.ts, which loads the server
import { stackOfTest } from "../dashboard/server/stack_of_test.ts";
import { prefixOf } from "./synapses.ts";
import { conversionMemory, requireFolderOf, requireFree } from "./volumes.ts";

export const neuroglancerCommand: Command = {
  name: "neuroglancer",
  summary: "write stack, scores and synapses as a folder for Neuroglancer, with a link",
  operands: [
    { name: "scores", help: "work folder of a run, or scores in it" },
    { name: "out", help: "folder to write" },
  ],
  flags: ["table", "url", "viewer", "overwrite", "memory"],
  flagHelp: {
    viewer: "address of Neuroglancer (default https://neuroglancer-demo.appspot.com)",
  },
  description:
    "Writes all that Neuroglancer needs to show the result of a run: the stack, the scores and the\n" +
    "label volume of the synapses as OME-Zarr, a mesh of every synapse, the lines across the clefts,\n" +
    "and state.json, which says how to show them. Put the folder on a web server that allows other\n" +
    "pages to read it (CORS), and open the link that is printed. For this computer:\n" +
    "npx -y http-server <out> --cors -p 8080",
  examples: [
    "neuroglancer out-work shown",
    "neuroglancer out-work shown --url https://data.example.org/shown",
  ],
  leastMemory: () => SYNAPSES_MEMORY,
  run: neuroglancer,
};

const USUAL_URL = "http://localhost:8080";
const USUAL_VIEWER = "https://neuroglancer-demo.appspot.com";
/** Bytes of a synapse of a table that was read. */
const SYNAPSE_BYTES = 1024;

async function neuroglancer(call: Call): Promise<void> {
  const { reporter, signal, flags } = call;
  const path = await scoresOf(operandAt(call, 0), "neuroglancer");
  const folder = resolve(operandAt(call, 1));
  const url = addressOf(call, "url", USUAL_URL), viewer = addressOf(call, "viewer", USUAL_VIEWER);
  const files = await tableOf(call, path);
  await requireFolderOf(folder);
  await requireFree(call, folder);
  requireNeuroglancerFolder(folder);
  const shares = synapsesShares(memoryOf(flags, SYNAPSES_MEMORY));
  const table = await readSynapseTable(files.json, Math.floor(shares.tableBytes / SYNAPSE_BYTES));
  const scores = await openZarr(path), labels = await openZarr(files.labels);
  const stack = await stackOf(path, files.labels, labels);
  if (stack === undefined) reporter.warn("the stack was not found, so the folder has no stack");
  const hasMeshes = await writeNeuroglancerFolder(
    {
      stack: stack === undefined ? undefined : await openZarr(stack),
      scores,
      labels,
      table,
      annotations: await exists(join(files.annotations, "info")) ? files.annotations : undefined,
    },
    folder,
    {
      url,
      anisotropy: keptAnisotropy(scores) ?? 1,
      memory: conversionMemory(call) / 2,
      meshMemory: meshMemory(call),
      signal,
      onPart: (name) => callbackStage(reporter, `write ${name}`, voxelCount(table.shape)),
    },
  );
  if (!hasMeshes && table.synapses.length > 0) {
    reporter.warn(`there are more than ${MOST_MESHES} synapses, so the folder has no meshes`);
  }
  const link = `${viewer}/#!${url}/${PARTS.state}`;
  const lines = [
    `wrote ${typedPath(folder)}: ${table.synapses.length} synapses`,
    ...(url === USUAL_URL
      ? [`Serve it:  npx -y http-server ${typedPath(relative(".", folder))} --cors -p 8080`]
      : []),
    `Open it:   ${link}`,
  ];
  reporter.result(lines.join("\n"), { path: folder, link, synapses: table.synapses.length });
}

/** The stack that was scored: that of the run, else one near the label volume. */
async function stackOf(scores: string, path: string, labels: ZarrVolume): Promise<string | undefined> {
  const run = await runOfScores(scores);
  return (run && await stackOfTest(run)) ?? (await stackNear(path, labels))?.path;
}

/** An address, without a slash at its end. */
function addressOf({ flags }: Call, name: "url" | "viewer", usual: string): string {
  const text = textOf(flags, name) ?? usual;
  if (!/^https?:\/\/[^\s#?]+$/.test(text) || !URL.canParse(text)) {
    throw new UserError(`--${name} is ${JSON.stringify(text)}; expected an address, such as ${usual}`);
  }
  return text.replace(/\/+$/, "");
}

/** The files of the table to show. @throws {UserError} where there are none */
async function tableOf({ flags }: Call, scores: string): Promise<SynapseFiles> {
  const named = textOf(flags, "table");
  const files = synapseFiles(named?.replace(/-synapses\.(csv|json|zarr)$/, "") ?? prefixOf(resolve(scores)));
  for (const path of [files.json, files.labels]) {
    if (await exists(path)) continue;
    const command = commandLine(["synapses", scores]);
    throw new UserError(
      `${path}: no such file; list the synapses first: ${command}, or name another --table`,
    );
  }
  return files;
}
