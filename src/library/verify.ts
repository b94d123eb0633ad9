/** Checking a work folder, for scripts. */
import { callbackStage } from "../engine/mod.ts";
import { folderBytes, type VerifyReport, verifyWorkFolder as verify } from "../run/verify.ts";
import { exists } from "../run/work_folder.ts";
import { reporterOf, type WorkOptions } from "./work_options.ts";

/**
 * Reads everything in a work folder and compares it with its checksums.
 *
 * @returns what is damaged or missing, and how much was read
 * @throws {UserError} where it is no work folder
 */
export async function verifyWorkFolder(
  workFolder: string,
  options: Pick<WorkOptions, "progress" | "signal"> = {},
): Promise<VerifyReport> {
  const { progress, signal } = options;
  const total = await exists(workFolder) ? folderBytes(workFolder) : 0;
  const stage = callbackStage(reporterOf(progress), "verify", { total, unit: "bytes" });
  const report = await verify(workFolder, { signal, onProgress: stage.onDone });
  stage.done();
  return report;
}
