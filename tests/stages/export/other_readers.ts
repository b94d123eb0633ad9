/** What other programs find in the volumes that we write. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { pythonWith } from "../../helpers/other_programs.ts";
import { bytesOf, type Voxels } from "../../../src/volume/dtype.ts";

/** Debian's, for which `.ci/run` installs the modules. */
const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("read_exported.py", import.meta.url));

/** Formats with a reader of their own. */
export type OtherReader = "tiff" | "nrrd" | "zarr" | "hdf5";

/** What a reader found. */
export interface FoundVolume {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Of the voxels' bytes. */
  readonly sha256: string;
  /** Of a voxel along z, y and x in nm, and more that a format tells. */
  readonly [key: string]: unknown;
}

/** Which readers this machine has. */
export function otherReaders(): readonly string[] {
  return pythonWith("json") === undefined ? [] : JSON.parse(runPython([])) as string[];
}

/** Reads files; throws what the reader says where it cannot. */
export function readByOthers(reader: OtherReader, paths: readonly string[]): FoundVolume[] {
  return JSON.parse(runPython([reader, ...paths])) as FoundVolume[];
}

function runPython(args: readonly string[]): string {
  const { code, stdout, stderr } = new Deno.Command(PYTHON, { args: [SCRIPT, ...args] }).outputSync();
  if (code !== 0) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The SHA-256 of voxels. */
export function sha256(voxels: Voxels): string {
  return createHash("sha256").update(bytesOf(voxels)).digest("hex");
}

/**
 * What `npm:@fideus-labs/ngff-zarr`, made by others, finds in an OME-Zarr volume once it has checked its metadata: shape, scale and
 * translation of each level, and the SHA-256 of its voxels. Undefined where the package is not in Deno's cache; `.ci/run` puts it there.
 */
export async function readByNgffZarr(path: string, scratch: string): Promise<NgffLevel[] | undefined> {
  const script = `${scratch}/read_ngff.mjs`;
  await Deno.writeTextFile(script, NGFF_SCRIPT);
  const flags = ["--no-prompt", "--no-config", "--no-lock", "--cached-only", "--allow-read", "--allow-env"];
  const args = ["run", ...flags, script, path];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  const errors = new TextDecoder().decode(stderr);
  if (errors.includes("--cached-only is specified")) return undefined;
  if (code !== 0) throw new Error(errors);
  return JSON.parse(new TextDecoder().decode(stdout).trim().split("\n").at(-1) ?? "") as NgffLevel[];
}

/** A level as `ngff-zarr` sees it. */
export interface NgffLevel {
  readonly shape: readonly number[];
  readonly scale: Readonly<Record<string, number>>;
  readonly translation: Readonly<Record<string, number>>;
  readonly units: Readonly<Record<string, string>> | null;
  readonly sha256: string;
}

const NGFF_SCRIPT = `
import * as ngff from "npm:@fideus-labs/ngff-zarr@0.14.0";
import * as zarr from "npm:zarrita@0.6.1";
import { createHash } from "node:crypto";
const { images } = await ngff.fromNgffZarr(Deno.args[0], { validate: true, version: "0.5" });
const levels = [];
for (const { data, scale, translation, axesUnits } of images) {
  const voxels = (await zarr.get(data)).data;
  const bytes = new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  levels.push({ shape: data.shape, scale, translation, units: axesUnits ?? null, sha256 });
}
console.log(JSON.stringify(levels));
`;
