/** Checking a work folder, for scripts. */
import { folderBytes, type VerifyReport, verifyWorkFolder as verify } from "../run/verify.ts";
import { exists } from "../run/work_folder.ts";
import { asStage, type WorkOptions } from "./work_options.ts";

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
  const total = await exists(workFolder) ? folderBytes(workFolder) : 0;
  return await asStage(
    options,
    "verify",
    { total, unit: "bytes" },
    ({ onProgress, ...control }) =>
      verify(workFolder, {
        ...control,
        onProgress: (bytes) => onProgress(bytes / total),
      }),
  );
}
