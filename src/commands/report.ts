/** `ccboost report`: a run as one page for the supplement of a paper. */
import { resolve } from "node:path";
import { UserError } from "../user_error.ts";
import { typedPath } from "../program_name.ts";
import { runFacts } from "../dashboard/report/run_facts.ts";
import { runReport } from "../dashboard/report/run_report.ts";
import { writeFileAtomic } from "../volume/file.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { isWorkFolder } from "./scores_of.ts";
import { requireFolderOf, requireFree } from "./volumes.ts";

export const reportCommand: Command = {
  name: "report",
  summary: "write a run as one page: data, settings, figures, how sure, how to do it again",
  operands: [
    { name: "work folder", help: "work folder of a run" },
    { name: "out", help: "file to write, such as report.html" },
  ],
  flags: ["overwrite"],
  leastMemory: () => REPORT_MEMORY,
  description:
    "Writes a page that can be printed and needs no other file, for the supplement of a paper: what\n" +
    "was done, in sentences; data, model and settings; how many synapses, how large, where and in\n" +
    "which direction; how sure that is (from evaluate --html, and from the review on the page);\n" +
    "pictures; versions, and the command that does it again. The page of a run has it under Results.",
  examples: ["report out-work report.html"],
  run: report,
};

/** Measured with a table of a million synapses: 263 to 292 MiB. */
const REPORT_MEMORY = 320 * 2 ** 20;

async function report(call: Call): Promise<void> {
  const work = operandAt(call, 0), out = operandAt(call, 1);
  if (!await isWorkFolder(work)) {
    throw new UserError(`${work} is not the work folder of a run; give one, such as out-work`);
  }
  if (!/\.html?$/i.test(out)) throw new UserError(`${out}: the name must end in .html`);
  await requireFolderOf(out);
  await requireFree(call, out);
  await writeFileAtomic(out, runReport(await runFacts(resolve(work))));
  call.reporter.result(`wrote ${typedPath(resolve(out))}; open it in a browser`, { path: resolve(out) });
}
