/** `ccboost verify`: whether the files of a work folder are what was written. */
import { relative, resolve } from "node:path";
import { callbackStage, formatBytes, formatCount } from "../engine/mod.ts";
import { folderBytes, type VerifyReport, verifyWorkFolder } from "../run/verify.ts";
import { exists } from "../run/work_folder.ts";
import { type Call, type Command, operandAt } from "./command.ts";

/** How the command ends where something is damaged or missing. */
const FAULTY = 1;

export const verifyCommand: Command = {
  name: "verify",
  summary: "check a work folder for damaged and missing files",
  operands: [{ name: "folder", help: "work folder of a run" }],
  flags: [],
  description: "Checks every file of a work folder, and the model and results of its runs, against their\n" +
    "checksums. Exits with 1 if a file is damaged or missing. Changes nothing; to recompute damaged\n" +
    "files, repeat the run.",
  examples: ["verify out-work"],
  run: verify,
};

async function verify(call: Call): Promise<number> {
  const folder = resolve(operandAt(call, 0));
  const total = await exists(folder) ? folderBytes(folder) : 0;
  const stage = callbackStage(call.reporter, "verify", { total, unit: "bytes" });
  const found = await verifyWorkFolder(folder, { signal: call.signal, onProgress: stage.onDone });
  stage.done(`${formatCount(found.files)} files`);
  call.reporter.result(describeVerification(found, folder), {
    ...found,
    faults: found.faults.map((fault) => ({ ...fault })),
  });
  return found.faults.length > 0 ? FAULTY : 0;
}

/** A line for each fault, and one that sums up. */
function describeVerification({ files, bytes, unchecked, faults }: VerifyReport, folder: string): string {
  const lines = faults.map(({ kind, path, what }) => {
    const inside = relative(folder, path);
    return `${kind}  ${inside.startsWith("..") ? path : inside}: ${what}`;
  });
  const count = (kind: string) => faults.filter((fault) => fault.kind === kind).length;
  const read = `read ${files} files (${formatBytes(bytes)})`;
  const others = unchecked > 0
    ? `; ${unchecked} ` +
      `${unchecked === 1 ? "file without a checksum was" : "files without a checksum were"} not checked`
    : "";
  const verdict = faults.length === 0
    ? "everything is in order"
    : `${count("damaged")} damaged, ${count("missing")} missing`;
  return [...lines, `${read}: ${verdict}${others}`].join("\n");
}
