/** A server that speaks S3, on this machine: the package s3rver, made by others. */
import { ROOT } from "./project.ts";
import { inTempFolder } from "./temp_folder.ts";

/** What goes wrong instead of an answer. */
export interface Fault {
  /** A pattern of `GET /bucket/key`. */
  readonly path: string;
  /** A status, an answer that breaks off in its middle, or a connection that is cut. */
  readonly kind: number | "half" | "drop";
  /** The code in the answer's XML. */
  readonly code?: string;
  readonly times: number;
}

/** A running server. */
export interface S3Server extends AsyncDisposable {
  readonly bucket: string;
  readonly port: number;
  /** What a user has in the environment; the keys are those that s3rver knows. */
  readonly env: Readonly<Record<string, string>>;
  /** Puts all files of a folder below a prefix. */
  upload(folder: string, prefix: string): Promise<void>;
  /** The bytes of an object. */
  object(key: string): Promise<Uint8Array>;
  /** Replaces the faults, and forgets what was asked. */
  break(...faults: readonly Fault[]): Promise<void>;
  /** Since the last `break`. */
  asked(): Promise<string[]>;
  /** Stops it; what it holds stays in its folder. */
  stop(): Promise<void>;
}

const KEY = "S3RVER";

/**
 * Starts it; undefined where the package is neither in Deno's cache nor to be had.
 * @param folder holds the objects
 */
export async function startS3(folder: string, port = 0): Promise<S3Server | undefined> {
  const bucket = "em-data";
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      "--no-config",
      "--no-lock",
      `${ROOT}tests/helpers/s3_main.ts`,
      folder,
      bucket,
      `${port}`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const line = await lines.read();
  await lines.cancel();
  if (line.done) {
    await process.status;
    return undefined;
  }
  const found = Number(line.value);
  const address = `http://127.0.0.1:${found}`;
  const text = async (path: string, init?: RequestInit) => {
    const answer = await fetch(`${address}${path}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return await answer.text();
  };
  let stopped: Promise<unknown> | undefined;
  const stop = async () => {
    if (stopped === undefined) process.kill();
    await (stopped ??= process.status);
  };
  const server: S3Server = {
    bucket,
    port: found,
    env: {
      AWS_ENDPOINT_URL: address,
      AWS_ACCESS_KEY_ID: KEY,
      AWS_SECRET_ACCESS_KEY: KEY,
      CCBOOST_CACHE: "off",
    },
    async upload(folder, prefix) {
      for (const file of filesBelow(folder)) {
        const body = await Deno.readFile(`${folder}/${file}`);
        await text(`/${bucket}/${prefix}/${file}`, { method: "PUT", body });
      }
    },
    async object(key) {
      const answer = await fetch(`${address}/${bucket}/${key}`);
      if (!answer.ok) throw new Error(`${key}: ${answer.status}`);
      return await answer.bytes();
    },
    break: async (...faults) =>
      void await text("/-/faults", { method: "POST", body: JSON.stringify(faults) }),
    asked: async () => JSON.parse(await text("/-/asked")) as string[],
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return server;
}

function filesBelow(folder: string, below = ""): string[] {
  return Array.from(Deno.readDirSync(`${folder}/${below}`)).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(folder, `${below}${name}/`) : [`${below}${name}`]
  );
}

/** Nothing is tested where the server is not to be had. */
export async function withBucket(
  t: Deno.TestContext,
  test: (server: S3Server, folder: string) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/bucket`);
    const server = await startS3(`${folder}/bucket`);
    if (server === undefined) {
      const name = "skipped: deno cache --no-config --no-lock npm:s3rver@3.7.1";
      return void await t.step({ name, ignore: true, fn: () => {} });
    }
    await using _running = server;
    await Deno.mkdir(`${folder}/data`);
    await test(server, `${folder}/data`);
  });
}
