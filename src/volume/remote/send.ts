/** Files and folders into a bucket: each object appears whole or not at all. */
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { fileState, openForReading, readExactly } from "../file.ts";
import { type Access, accessTo, type Asked, placeInBucket } from "./access.ts";
import { refusal } from "./failures.ts";
import { ask, LONG_PATIENCE, type Patience, readBody } from "./fetch.ts";

/** How objects are sent. */
export interface SendOptions {
  readonly access?: Access;
  readonly patience?: Patience;
  readonly signal?: AbortSignal | undefined;
  /** Is told how many more bytes are there. */
  readonly onSent?: (bytes: number) => void;
}

/** A part has this many bytes at least, and a file no more parts than servers take. */
const PART = 8 * 2 ** 20;
const MOST_PARTS = 10_000;
/** Most bytes of parts under way, and most objects. */
const MOST_HELD = 32 * 2 ** 20;
const MOST_AT_A_TIME = 8;
/** A slow line sends a part in this time, ms. */
const SENDING: Patience = { ...LONG_PATIENCE, timeout: 600_000 };
const LONGEST_ANSWER = 1 << 24;

/** A file below what is sent, `""` where that is a file itself. */
export interface TreeFile {
  /** Begins with a slash unless it is empty. */
  readonly name: string;
  readonly bytes: number;
  /** Of the last change, ms. */
  readonly mtime: number;
}

/** The files of a folder, or the file itself, by name. */
export function treeFiles(path: string, below = ""): TreeFile[] {
  const state = fileState(join(path, below));
  if (state === undefined) {
    throw new UserError(`${path}${below}: no such file or folder; nothing can be sent`);
  }
  if (!state.isDirectory) return [{ name: below, bytes: state.bytes, mtime: state.mtime }];
  const names = Array.from(Deno.readDirSync(join(path, below)), ({ name }) => name).sort();
  return names.flatMap((name) => treeFiles(path, `${below}/${name}`));
}

/**
 * The objects below an address and those whose names begin with it: bytes by address.
 * @throws UserError where the bucket is not there or may not be listed
 */
export async function listObjects(
  address: string,
  { access = accessTo(address), patience = LONG_PATIENCE }: SendOptions = {},
): Promise<Map<string, number>> {
  const { scheme, bucket: name, key: prefix } = placeInBucket(address) ?? {};
  if (prefix === undefined) throw new UserError(`${address}: not in a bucket; expected s3:// or gs://`);
  const bucket = `${scheme}://${name}`;
  const found = new Map<string, number>();
  let token: string | undefined;
  do {
    const query = {
      "list-type": "2",
      prefix,
      ...(token === undefined ? {} : { "continuation-token": token }),
    };
    const text = await answerText(bucket, { query }, { access, patience });
    for (const [, object = ""] of text.matchAll(/<Contents>(.*?)<\/Contents>/gs)) {
      const key = elementOf(object, "Key");
      if (key !== undefined) found.set(`${bucket}/${key}`, Number(elementOf(object, "Size")));
    }
    token = elementOf(text, "NextContinuationToken");
  } while (token !== undefined);
  return found;
}

/** Whether an address is that of an object, or of a folder with one. */
export function isListed(there: ReadonlyMap<string, number>, address: string): boolean {
  return there.has(address) || there.keys().some((object) => object.startsWith(`${address}/`));
}

/** Removes an object; one that is not there is fine. */
export async function removeObject(address: string, options: SendOptions = {}): Promise<void> {
  await ask(address, { method: "DELETE" }, asking(address, options), discard);
}

/** Sends bytes as one object. */
export async function sendBytes(
  address: string,
  body: Uint8Array<ArrayBuffer>,
  options: SendOptions = {},
): Promise<void> {
  await answerText(address, { method: "PUT", body, sum: await sumOf(body) }, asking(address, options));
  options.onSent?.(body.length);
}

/**
 * Sends a file, or every file of a folder, under the address.
 * @throws UserError where the server refuses it or cannot be reached
 * @throws the signal's reason when it is aborted
 */
export async function sendTree(
  path: string,
  address: string,
  files: readonly TreeFile[],
  options: SendOptions = {},
): Promise<void> {
  const shared = { ...options, access: options.access ?? accessTo(address) };
  const small = files.filter(({ bytes }) => bytes <= PART);
  // Last what tells of the rest, so that whoever looks on sees no array without its chunks.
  const isMetadata = ({ name }: TreeFile) => /(^|\/)(zarr\.json|\.z\w+|info)$/.test(name);
  await together(small.filter((file) => !isMetadata(file)), (file) => sendSmall(path, address, file, shared));
  for (const file of files.filter(({ bytes }) => bytes > PART)) {
    await sendLarge(`${path}${file.name}`, `${address}${file.name}`, file.bytes, shared);
  }
  await together(small.filter(isMetadata), (file) => sendSmall(path, address, file, shared));
}

/** Removes the objects of a folder that are none of its files any more, as of an array that was larger. */
export async function removeStale(
  address: string,
  files: readonly TreeFile[],
  there: Iterable<string>,
  options: SendOptions = {},
): Promise<void> {
  const names = new Set(files.map(({ name }) => address + name));
  const stale = Array.from(there).filter((old) => old.startsWith(`${address}/`) && !names.has(old));
  await together(stale, (old) => removeObject(old, options));
}

async function sendSmall(path: string, address: string, { name, bytes }: TreeFile, options: SendOptions) {
  options.signal?.throwIfAborted();
  using file = openForReading(`${path}${name}`);
  const body = new Uint8Array(bytes);
  readExactly(file, `${path}${name}`, 0, body);
  await sendBytes(`${address}${name}`, body, options);
}

/** In parts, which become an object when all are there. */
async function sendLarge(path: string, address: string, bytes: number, options: SendOptions): Promise<void> {
  const how = asking(address, options);
  const begun = await answerText(address, { method: "POST", query: { uploads: "" } }, how);
  const uploadId = elementOf(begun, "UploadId");
  if (uploadId === undefined) throw new UserError(`${address}: the server does not take objects in parts`);
  try {
    const tags = await sendParts(path, address, bytes, uploadId, options);
    const parts = tags.map((tag, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${tag}</ETag></Part>`);
    const body = encoded(`<CompleteMultipartUpload>${parts.join("")}</CompleteMultipartUpload>`);
    const asked = { method: "POST", query: { uploadId }, body, sum: await sumOf(body) };
    const done = await answerText(address, asked, how);
    // This answer begins before it is known how it ends.
    if (!/<Error>/.test(done)) return;
    throw new UserError(
      `${address}: the server could not join its parts (${elementOf(done, "Code")}); start again`,
    );
  } catch (cause) {
    const once = { ...how, patience: { ...how.patience, delays: [] } };
    await ask(address, { method: "DELETE", query: { uploadId } }, once, discard)
      .catch(() => {}); // what went wrong first is told; the server drops parts by its own rules
    throw cause;
  }
}

async function sendParts(
  path: string,
  address: string,
  bytes: number,
  uploadId: string,
  options: SendOptions,
) {
  const length = Math.max(PART, Math.ceil(bytes / MOST_PARTS / 2 ** 20) * 2 ** 20);
  const tags: string[] = [];
  using file = openForReading(path);
  const { access, patience } = asking(address, options);
  const numbers = Array.from({ length: Math.ceil(bytes / length) }, (_, i) => i);
  await together(numbers, async (i) => {
    options.signal?.throwIfAborted();
    const body = new Uint8Array(Math.min(length, bytes - i * length));
    readExactly(file, path, i * length, body);
    const asked = {
      method: "PUT",
      query: { partNumber: `${i + 1}`, uploadId },
      body,
      sum: await sumOf(body),
    };
    tags[i] = await ask(address, asked, { access, patience }, async (answer) => {
      requireOk(address, answer, access);
      await discard(answer);
      return answer.headers.get("etag") ?? "";
    });
    options.onSent?.(body.length);
  }, Math.max(1, Math.floor(MOST_HELD / length)));
  return tags;
}

/** Works on several at a time. Where one fails, the others under way are waited for. */
async function together<T>(items: readonly T[], work: (item: T) => Promise<void>, most = MOST_AT_A_TIME) {
  const left = items.values();
  let failed = false;
  const one = async () => {
    for (const item of left) {
      if (failed) return;
      await work(item).catch((cause: unknown) => {
        failed = true;
        throw cause;
      });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, one));
  for (const end of ends) if (end.status === "rejected") throw end.reason;
}

function asking(address: string, { access = accessTo(address), patience = SENDING }: SendOptions) {
  return { access, patience };
}

async function discard(answer: Response): Promise<void> {
  await answer.body?.cancel();
}

/** What the server says, as text. */
async function answerText(
  address: string,
  asked: Asked & { readonly body?: Uint8Array<ArrayBuffer> },
  how: { readonly access: Access; readonly patience: Patience },
): Promise<string> {
  return await ask(address, asked, how, async (answer) => {
    requireOk(address, answer, how.access);
    return new TextDecoder().decode(await readBody(address, answer, LONGEST_ANSWER));
  });
}

/** What is missing is an error here, too; `ask` has read the answer already, and its code is none of those that have advice. */
function requireOk(address: string, answer: Response, access: Access): void {
  if (!answer.ok) throw refusal(address, access, answer.status, undefined);
}

async function sumOf(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function encoded(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The text of the first element of a name in XML; undefined where there is none. */
function elementOf(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text?.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi,
    (whole, decimal?: string, hexadecimal?: string, entity = "") => {
      const code = decimal !== undefined
        ? Number(decimal)
        : hexadecimal !== undefined
        ? parseInt(hexadecimal, 16)
        : -1;
      return code >= 0 && code <= 0x10ffff ? String.fromCodePoint(code) : ENTITIES[entity] ?? whole;
    },
  );
}
