/** One self-extracting file: the shell script `stub.sh`, and behind it Deno and the bundled program. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createGzip } from "node:zlib";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { version } from "../src/version.ts";
import { type ArchiveFile, archiveParts } from "./archive.ts";

/** What is packed. */
export interface PackOptions {
  /** Folder of the bundle. */
  readonly bundle: string;
  /** The Deno executable. */
  readonly deno: string;
  /** Flags of `deno run`. */
  readonly permissions: readonly string[];
  /** The file to write. */
  readonly output: string;
  /** Of gzip, 1 to 9; small is fast. */
  readonly level: number;
}

/**
 * Writes the file and returns its size in bytes. The same bundle and Deno give the same bytes.
 * @throws Error on a system without a POSIX shell, and where `deno` is not the real executable
 */
export async function packProgram(options: PackOptions): Promise<number> {
  const system = systemName();
  const deno = await Deno.readFile(options.deno);
  if (deno.length < 2 ** 20 || (deno[0] === 0x23 && deno[1] === 0x21)) {
    throw new Error(`${options.deno} is not Deno itself but starts it; use the executable that it starts`);
  }
  const files: ArchiveFile[] = [{ path: "deno", bytes: deno, isExecutable: true }];
  for (const path of await filesIn(options.bundle, "")) {
    files.push({ path, bytes: await Deno.readFile(join(options.bundle, path)) });
  }
  const payload = await compress(archiveParts(files), options.level);
  const hash = createHash("sha256").update(payload).digest("hex");
  const script = await scriptOf({
    VERSION: version,
    SYSTEM: system,
    HASH: hash,
    ID: `${version}-${hash.slice(0, 16)}`,
    FILES: files.slice(1).map(({ path }) => path).join(" "),
    PERMISSIONS: options.permissions.join(" "),
  });
  await Deno.writeFile(options.output, script);
  await Deno.writeFile(options.output, payload, { append: true });
  await Deno.chmod(options.output, 0o755);
  return script.length + payload.length;
}

/** As `uname -s` and `uname -m` say it. */
function systemName(): string {
  const { os, arch } = Deno.build;
  if (os === "linux") return `Linux ${arch}`;
  if (os === "darwin") return `Darwin ${arch === "aarch64" ? "arm64" : arch}`;
  throw new Error(`a portable file is a shell script and cannot be made for ${os}; leave out --portable`);
}

/** The script with its blanks filled; it names the place, counted from 1, where it ends and the archive begins. */
async function scriptOf(values: Readonly<Record<string, string>>): Promise<Uint8Array<ArrayBuffer>> {
  const template = await Deno.readTextFile(new URL("./stub.sh", import.meta.url));
  const GRANTS = await Deno.readTextFile(new URL("./grants.sh", import.meta.url));
  const digits = 6;
  const filled = Object.entries({ GRANTS: GRANTS.trimEnd(), ...values, OFFSET: "0".repeat(digits) })
    .reduce((text, [name, value]) => text.replaceAll(`@${name}@`, () => value), template);
  const end = new TextEncoder().encode(filled).length + 1;
  return new TextEncoder().encode(
    filled.replace(/^archive=0+$/m, `archive=${end}`.padEnd("archive=".length + digits)),
  );
}

async function filesIn(folder: string, prefix: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(join(folder, prefix))) {
    const path = prefix + name;
    if (isDirectory) files.push(...await filesIn(folder, `${path}/`));
    else files.push(path);
  }
  return files.sort();
}

async function compress(
  parts: readonly Uint8Array<ArrayBuffer>[],
  level: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  await pipeline(
    Readable.from(parts),
    createGzip({ level }),
    async (compressed: AsyncIterable<Uint8Array<ArrayBuffer>>) => {
      for await (const piece of compressed) pieces.push(piece);
    },
  );
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
