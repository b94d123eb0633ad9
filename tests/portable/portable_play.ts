/** Builds the portable file and uses it alone in an empty folder: `portable_play.ts <folder>`; the last line is its report. */
import assert from "node:assert/strict";
import { writeDemo } from "../../fixtures/generate.ts";
import { buildProgram } from "../../portable/build.ts";
import type { RunSnapshot } from "../../src/dashboard/api.ts";
import { SLURM_VARIABLES } from "../../src/engine/machine.ts";
import { version } from "../../src/version.ts";
import { hdf5FilterSeeds, PACKABLE } from "../fuzz/image_seeds.ts";
import { CLI } from "../helpers/project.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** All programs of the system that the file may find. */
const TOOLS = ["gzip", "id", "mkdir", "mktemp", "mv", "rm", "sha256sum", "tail", "tar", "uname"];

interface Place {
  /** The portable file, in a folder of its own. */
  readonly file: string;
  readonly home: string;
  /** Folder with links to `TOOLS` and nothing else. */
  readonly bin: string;
  /** What cuts a process off the network, where this machine lets us. */
  readonly isolate: readonly string[];
}

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function prepare(folder: string): Promise<Place> {
  const [alone, home, bin] = [`${folder}/alone`, `${folder}/home`, `${folder}/bin`];
  for (const path of [alone, home, bin]) await Deno.mkdir(path);
  for (const tool of TOOLS) await Deno.symlink(await whereIs(tool), `${bin}/${tool}`);
  await buildProgram({ isPortable: true, output: `${folder}/built/ccboost`, level: 1 });
  await Deno.rename(`${folder}/built/ccboost`, `${alone}/ccboost`);
  return { file: `${alone}/ccboost`, home, bin, isolate: await isolation() };
}

async function whereIs(tool: string): Promise<string> {
  for (const folder of ["/usr/bin", "/bin"]) {
    try {
      return await Deno.realPath(`${folder}/${tool}`);
    } catch (cause) {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    }
  }
  throw new Error(`there is no ${tool}`);
}

async function isolation(): Promise<readonly string[]> {
  const unshare = ["/usr/bin/unshare", "--net"];
  try {
    const { success } = await new Deno.Command("/usr/bin/unshare", { args: ["--net", "/bin/true"] }).output();
    return success ? unshare : [];
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
}

function command(place: Place, isIsolated: boolean, args: readonly string[], env: Record<string, string>) {
  const [first = place.file, ...rest] = [...(isIsolated ? place.isolate : []), place.file, ...args];
  return new Deno.Command(first, {
    args: rest,
    clearEnv: true,
    env: { PATH: place.bin, ...env },
    stdout: "piped",
    stderr: "piped",
  });
}

/** Runs the file with no environment but a home, and no network where that can be had. */
async function use(place: Place, args: readonly string[], env?: Record<string, string>): Promise<Ended> {
  const { code, stdout, stderr } = await command(place, true, args, env ?? { HOME: place.home }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

async function succeed(place: Place, ...args: readonly string[]): Promise<string> {
  const { code, out, err } = await use(place, args);
  assert.equal(code, 0, `${args.join(" ")}: ${out}\n${err}`);
  return out;
}

/** Names of what is unpacked under a cache folder. */
function unpacked(cache: string): string[] {
  return Array.from(Deno.readDirSync(`${cache}/ccboost`), ({ name }) => name);
}

async function tellsVersion(place: Place): Promise<void> {
  assert.equal(await succeed(place, "--version"), `ccboost ${version}\n`);
  const [folder] = unpacked(`${place.home}/.cache`);
  const deno = `${place.home}/.cache/ccboost/${folder}/deno`;
  const program = await Deno.readTextFile(`${place.home}/.cache/ccboost/${folder}/cli.js`);
  assert.doesNotMatch(program, /\bbuild-/, "a folder of the build would make every build another");
  const { ino } = await Deno.stat(deno);
  assert.match(await succeed(place, "help"), /^ {2}demo \[folder\]/m);
  assert.equal((await Deno.stat(deno)).ino, ino, "the second start uses what the first unpacked");
  assert.equal(
    await succeed(place, "--allow-env=CI", "--allow-net=127.0.0.1:9", "--version"),
    `ccboost ${version}\n`,
  );
  const wrong = await use(place, ["covnert"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /did you mean ccboost convert\?/);
}

async function unpacksAtOnce(place: Place): Promise<void> {
  const env = { XDG_CACHE_HOME: `${place.home}/others` };
  const ended = await Promise.all([1, 2].map(() => use(place, ["--version"], env)));
  assert.deepEqual(ended.map(({ code }) => code), [0, 0], ended.map(({ err }) => err).join("\n"));
  assert.equal(unpacked(env.XDG_CACHE_HOME).length, 1);
  // What power cuts and cleaners leave.
  const folder = `${env.XDG_CACHE_HOME}/ccboost/${unpacked(env.XDG_CACHE_HOME)[0]}`;
  await Deno.truncate(`${folder}/worker.js`);
  assert.equal((await use(place, ["--version"], env)).code, 0);
  assert.ok((await Deno.stat(`${folder}/worker.js`)).size > 0);
  await grantsLittle(place, env, folder);
  await Deno.remove(env.XDG_CACHE_HOME, { recursive: true });
}

/** What Deno is started with, told by a script in its place. */
async function grantsLittle(place: Place, env: Record<string, string>, folder: string): Promise<void> {
  await Deno.remove(`${folder}/deno`);
  await Deno.writeTextFile(`${folder}/deno`, `#!/bin/sh\nprintf '%s\\n' "$@"\n`, { mode: 0o755 });
  const usual = [
    ...["--allow-read", "--allow-write", "--allow-sys=hostname,statfs,systemMemoryInfo"],
    `--allow-env=${SLURM_VARIABLES.join(",")}`,
  ];
  const lines: readonly (readonly [args: readonly string[], further: readonly string[]])[] = [
    [["run", "a b.cfg", "--set", "x=*"], []],
    [["serve", "work"], ["--allow-net=127.0.0.1"]],
    [["run", "a.cfg", "--serve", "--host", "0.0.0.0"], ["--allow-net=0.0.0.0"]],
    [["run", "a.cfg", "--host=h", "--serve", "--viewer", "https://v.org"], ["--allow-net=h"]],
    [["convert", "https://a.org:81/x.zarr", "b.zarr"], ["--allow-net=a.org:81"]],
    [["run", "a.cfg", "--set", "train.rawVolume=http://b.org/y"], ["--allow-net=b.org"]],
    [["submit", "a.cfg"], ["--allow-run=sbatch,squeue,sacct,scancel,scontrol,sinfo"]],
    [["work", "a-work"], [
      "--allow-env=SLURM_ARRAY_JOB_ID,SLURM_ARRAY_TASK_ID,SLURM_JOB_ID,JOB_COMPLETION_INDEX,AWS_BATCH_JOB_ARRAY_INDEX",
    ]],
  ];
  for (const [args, further] of lines) {
    const told = (await use(place, args, env)).out.trimEnd().split("\n");
    const program = told.indexOf(`${folder}/cli.js`);
    assert.deepEqual(told.slice(0, program).filter((word) => word.startsWith("--allow")), [
      ...usual,
      ...further,
    ]);
    assert.deepEqual(told.slice(program + 1), args);
  }
  const given = ["--allow-net=c.org", "--allow-run=sbatch,squeue"];
  const told = (await use(place, [...given, "run", "https://d.org/z"], env)).out.trimEnd().split("\n");
  const allowed = told.filter((word) => word.startsWith("--allow"));
  assert.deepEqual(allowed, [...usual, "--allow-run=sbatch,squeue", "--allow-net=c.org,d.org"]);
  assert.deepEqual(told.slice(-2), ["run", "https://d.org/z"]);
}

async function refusesDamage(place: Place): Promise<void> {
  const bytes = await Deno.readFile(place.file);
  const damaged = { ...place, file: `${place.home}/damaged` };
  await Deno.writeFile(damaged.file, bytes.subarray(0, bytes.length - 1000), { mode: 0o755 });
  const { code, err } = await use(damaged, ["--version"], { HOME: "", TMPDIR: `${place.home}` });
  assert.equal(code, 1);
  assert.match(err, /damaged is damaged; copy it again/);
  await Deno.remove(damaged.file);
}

/** A smaller demo than the program's own, which uses the volumes and the configuration that it finds. */
async function runsDemo(place: Place): Promise<void> {
  const folder = `${place.home}/demo`;
  await writeDemo(folder, { shape: [64, 96, 96], anisotropy: 1, seed: 1 });
  const config = await Deno.readTextFile(`${folder}/demo.cfg`);
  const short = "numStumps = 60; candidatePoses = 60; crossFitFolds = 2;";
  await Deno.writeTextFile(`${folder}/demo.cfg`, config.replace("numStumps = 300;", short));
  const lines = (await succeed(place, "demo", folder, "--json")).trim().split("\n");
  const { data } = JSON.parse(lines.at(-1) ?? "") as { data: { evaluation: { averagePrecision: number } } };
  assert.ok(data.evaluation.averagePrecision > 0.5, lines.at(-1));
}

/** The same job by the sources gives the same scores. */
async function runsJob(place: Place): Promise<void> {
  await writeTiny(place.home);
  await succeed(place, "run", `${place.home}/job.cfg`, "--quiet");
  const portable = await Deno.readFile(`${place.home}/out-0-ab-max.nrrd`);
  await inTempFolder(async (folder) => {
    await writeTiny(folder);
    const args = ["run", "--no-check", "--allow-read", "--allow-write", CLI, "run", `${folder}/job.cfg`];
    const { success } = await new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" })
      .output();
    assert.ok(success);
    assert.deepEqual(await Deno.readFile(`${folder}/out-0-ab-max.nrrd`), portable);
  });
}

/** Starts a command that shows a page, asks the page for its parts and the server for the run, and ends it. */
async function shows(place: Place, ...args: readonly string[]): Promise<void> {
  const process = command(place, false, [...args, "--port", "0"], { HOME: place.home }).spawn();
  const errors = new Response(process.stderr).text();
  try {
    let url: string | undefined;
    let text = "";
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (url === undefined) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`no address was told: ${text} ${await errors}`);
      text += value;
      url = /open (http:\S+)/.exec(text)?.[1];
    }
    const page = await (await fetch(url)).text();
    const parts = Array.from(page.matchAll(/(?:src|href)="([^":]+\.(?:js|css))"/g), ([, part]) => part ?? "");
    assert.ok(parts.length >= 2, page);
    for (const part of parts) {
      const answer: Response = await fetch(new URL(part, url));
      assert.equal(answer.status, 200, part);
      assert.ok((await answer.text()).length > 1000, part);
    }
    const { run } = await (await fetch(new URL("/api/run", url))).json() as RunSnapshot;
    assert.ok(run.stages.length > 3, JSON.stringify(run));
  } finally {
    process.kill("SIGINT");
    const { code } = await process.status;
    assert.ok([0, 130].includes(code), `${code} ${await errors}`); // ended on its page, or stopped before
  }
}

/** Chunks of HDF5 whose filters are files beside the program. */
async function readsFilters(place: Place): Promise<void> {
  for (const { files } of await hdf5FilterSeeds()) {
    const [file, out] = [`${place.home}/filter.h5`, `${place.home}/filter.nrrd`];
    await Deno.writeFile(file, files.get("v.h5") ?? new Uint8Array(0));
    await succeed(place, "export", file, out, "--overwrite");
    assert.deepEqual((await Deno.readFile(out)).slice(-PACKABLE.length), PACKABLE);
  }
}

async function play(folder: string): Promise<void> {
  const place = await prepare(folder);
  await tellsVersion(place);
  await unpacksAtOnce(place);
  await refusesDamage(place);
  await readsFilters(place);
  await runsJob(place);
  await shows(place, "serve", `${place.home}/out-work`);
  await shows(place, "run", `${place.home}/job.cfg`, "--serve");
  await runsDemo(place);
  const left = Array.from(Deno.readDirSync(`${folder}/alone`), ({ name }) => name);
  assert.deepEqual(left, ["ccboost"], "nothing was written beside the file");
  const { size } = await Deno.stat(place.file);
  const report = { bytes: size, isIsolated: place.isolate.length > 0 };
  await Deno.stdout.write(new TextEncoder().encode(`${JSON.stringify(report)}\n`));
}

if (import.meta.main) await play(Deno.args[0] ?? "");
