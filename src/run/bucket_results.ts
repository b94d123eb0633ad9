/** Results of a run in a bucket: they are written beside the work folder, and sent when they are whole. */
import { basename, dirname, join, resolve } from "node:path";
import { isInBucket } from "../config/location.ts";
import type { Settings } from "../config/settings.ts";
import { callbackStage, dependenciesOf, fingerprintOf, formatBytes } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { accessTo } from "../volume/remote/access.ts";
import {
  isListed,
  listObjects,
  removeObject,
  removeStale,
  sendBytes,
  sendTree,
  type TreeFile,
  treeFiles,
} from "../volume/remote/send.ts";
import type { RunContext } from "./run_context.ts";

/** The default work folder of a run: beside its results, or in the present folder where those are in a bucket. */
export function usualWorkFolder({ outFileName }: Pick<Settings, "outFileName">): string {
  return `${isInBucket(outFileName) ? resolve(basename(outFileName)) : outFileName}-work`;
}

/** The settings with which results that go into a bucket are written beside the work folder first. */
export function withLocalResults(settings: Settings, workFolder: string): Settings {
  const { outFileName } = settings;
  if (!isInBucket(outFileName)) return settings;
  return { ...settings, outFileName: join(dirname(workFolder), basename(outFileName)) };
}

/** What a run in a bucket needs to know. */
type SendContext = Pick<RunContext, "settings" | "journal" | "reporter" | "signal">;

/**
 * Makes sure before any work that results can be sent, and that nothing of others is in their place.
 * @param prefix as the user gave `outFileName`
 * @param outputs paths beside the work folder
 */
export async function requireBucket(
  { settings, journal }: Pick<SendContext, "settings" | "journal">,
  prefix: string,
  outputs: readonly string[],
): Promise<void> {
  const there = await listObjects(prefix);
  const sent = new Set(
    journal.events.flatMap((event) => event.event === "stage-started" ? [event.stage] : []),
  );
  for (const path of outputs) {
    const address = addressOf(settings, prefix, path);
    if (address === undefined || sent.has(stageOf(address)) || !isListed(there, address)) continue;
    throw new UserError(
      `${address}: already exists and was not written by this run; choose another outFileName`,
    );
  }
  const probe = `${prefix}-${crypto.randomUUID()}.partial`;
  await sendBytes(probe, new Uint8Array(0));
  await removeObject(probe);
}

/**
 * Sends what is not in the bucket as it is here.
 * @returns addresses of all files
 */
export async function sendResults(
  context: SendContext,
  prefix: string,
  paths: readonly string[],
): Promise<string[]> {
  const access = accessTo(prefix);
  const there = await listObjects(prefix, { access });
  const addresses: string[] = [];
  const pending: Sending[] = [];
  for (const path of paths) {
    const address = addressOf(context.settings, prefix, path);
    if (address === undefined) continue; // a file that the settings name by itself
    addresses.push(address);
    const files = treeFiles(path);
    const dependsOn = { to: address, files: files.map(({ name, bytes, mtime }) => [name, bytes, mtime]) };
    const fingerprint = await fingerprintOf({ stage: stageOf(address), dependsOn });
    const isSent = context.journal.events.some((event) =>
      event.event === "stage-done" && event.stage === stageOf(address) && event.fingerprint === fingerprint
    ) && files.every(({ name, bytes }) =>
      there.get(address + name) === bytes
    );
    if (!isSent) pending.push({ path, address, files, fingerprint });
  }
  if (pending.length === 0) return addresses;
  const total = pending.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0);
  const stage = callbackStage(context.reporter, `send ${basename(prefix)}`, total);
  let done = 0;
  for (const one of pending) await send(context, one, there, (bytes) => stage.onDone(done += bytes));
  stage.done(formatBytes(total));
  return addresses;
}

/** A file or folder to send. */
interface Sending {
  readonly path: string;
  readonly address: string;
  readonly files: readonly TreeFile[];
  readonly fingerprint: string;
}

async function send(
  { journal, signal }: SendContext,
  { path, address, files, fingerprint }: Sending,
  there: ReadonlyMap<string, number>,
  onSent: (bytes: number) => void,
): Promise<void> {
  const stage = stageOf(address), begin = performance.now();
  await journal.append({
    event: "stage-started",
    stage,
    fingerprint,
    blocks: 1,
    voxels: 0,
    dependsOn: dependenciesOf({ address }),
  });
  await sendTree(path, address, files, { signal, onSent });
  await removeStale(address, files, there.keys(), { signal });
  const seconds = Math.round(performance.now() - begin) / 1000;
  await journal.append({ event: "stage-done", stage, fingerprint, seconds });
}

function stageOf(address: string): string {
  return `send ${address}`;
}

/** Undefined for what is not named after `outFileName`. */
function addressOf({ outFileName }: Settings, prefix: string, path: string): string | undefined {
  return path.startsWith(outFileName) ? prefix + path.slice(outFileName.length) : undefined;
}
