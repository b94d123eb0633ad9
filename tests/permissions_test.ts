/** The program may do what it needs and nothing else. */
import assert from "node:assert/strict";
import { SLURM_VARIABLES } from "../src/engine/machine.ts";
import { namesIn } from "./helpers/cli_process.ts";
import { ROOT } from "./helpers/project.ts";
import { writeTiny } from "./helpers/run_tiny.ts";
import { inTempFolder } from "./helpers/temp_folder.ts";

interface Task {
  readonly command: string;
}

async function tasks(): Promise<Record<string, Task>> {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
    tasks: Record<string, Task>;
  };
  return tasks;
}

/** Flags of a `deno run` or `deno test`. */
function allowed(command: string): string[] {
  return Array.from(command.matchAll(/--allow-[a-z]+|(?<= )-[A-Za-z]+\b/g), ([flag]) => flag);
}

/** Tasks that show a page or test one. */
const ON_THIS_MACHINE = ["serve", "test", "test:long"];

/** Tasks for developers, which no user runs: one drives a browser, the other watches the memory of a process. */
const FOR_DEVELOPERS = ["pictures", "fuzz"];

Deno.test("the tasks of deno.json allow no network but this machine where a page is shown, no FFI and not everything", async () => {
  const all = Object.entries(await tasks()).filter(([name]) => !FOR_DEVELOPERS.includes(name));
  assert.ok(all.length > 5);
  for (const [name, { command }] of all) {
    for (const flag of ["--allow-ffi", "--allow-all", "--allow-import", "-A"]) {
      assert.ok(!allowed(command).includes(flag), `${name}: ${flag}`);
    }
    const isServing = ON_THIS_MACHINE.includes(name);
    assert.equal(allowed(command).includes("--allow-net"), isServing, name);
    if (isServing) assert.match(command, /--allow-net=127\.0\.0\.1 /);
  }
});

Deno.test("the tasks ccboost and demo allow no subprocesses, of the environment what Slurm gives, and demo but its folders", async () => {
  const { ccboost, demo } = await tasks();
  assert.ok(ccboost && demo);
  assert.deepEqual(allowed(ccboost.command).sort(), [
    "--allow-env",
    "--allow-read",
    "--allow-sys",
    "--allow-write",
  ]);
  assert.match(ccboost.command, /--allow-sys=hostname,statfs,systemMemoryInfo /);
  assert.ok(ccboost.command.includes(`--allow-env=${SLURM_VARIABLES.join(",")} `));
  assert.deepEqual(allowed(demo.command), ["--allow-read", "--allow-write", "--allow-sys"]);
  assert.match(demo.command, /--allow-sys=systemMemoryInfo /);
  assert.match(demo.command, /--allow-read=\. --allow-write=demo /);
});

/** Runs a script with these permissions. */
async function run(flags: readonly string[], script: string, ...args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--config", `${ROOT}deno.json`, ...flags, script, ...args],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("ccboost run works with permission for its own files alone, and names a folder that it lacks", () =>
  inTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.mkdir(`${folder}/results`);
    await writeTiny(`${folder}/data`);
    const read = `--allow-read=${ROOT}src,${ROOT}node_modules,${folder}`;
    const args = [
      "run",
      `${folder}/data/job.cfg`,
      "--set",
      `outFileName=${folder}/results/out`,
      "--workers",
      "2",
    ];
    const { code, err } = await run(
      [read, `--allow-write=${folder}/results`],
      `${ROOT}cli.ts`,
      ...args,
      "--quiet",
    );
    assert.equal(code, 0, err);
    assert.ok(namesIn(`${folder}/results`).includes("out-0-ab-max.nrrd"));
    const denied = await run(
      [read, `--allow-write=${folder}/results/elsewhere`],
      `${ROOT}cli.ts`,
      ...args,
      "--work",
      `${folder}/results/work`,
      "--quiet",
    );
    assert.equal(denied.code, 2, denied.err);
    assert.match(
      denied.err,
      /results\/out: cannot write: .*--allow-write for this folder/,
    );
  }));

Deno.test("what runs with the permissions of the task ccboost cannot reach the network, nor can its workers", () =>
  inTempFolder(async (folder) => {
    const attempt = `
      const tries = {
        fetch: () => fetch("http://127.0.0.1:8999/"),
        connect: () => Deno.connect({ hostname: "127.0.0.1", port: 8999 }),
        listen: () => Promise.resolve(Deno.listen({ port: 0 })),
        run: () => new Deno.Command("true").output(),
        environment: () => Promise.resolve(Deno.env.toObject()),
        foreign: () => Promise.resolve(Deno.dlopen("libc.so.6", {})),
      };
      const found = [];
      for (const [name, attempt] of Object.entries(tries)) {
        try {
          await attempt();
          found.push(name + " allowed");
        } catch (error) {
          found.push(name + " " + error.name);
        }
      }`;
    await Deno.writeTextFile(`${folder}/worker.ts`, `${attempt}\nself.postMessage(found);`);
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `${attempt}
      const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
      const own = await new Promise((resolve) => worker.onmessage = (event) => resolve(event.data));
      worker.terminate();
      Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify([...found, ...own])));`,
    );
    const { ccboost } = await tasks();
    const flags = ccboost?.command.split(" ").filter((word) => word.startsWith("--allow")) ?? [];
    assert.equal(flags.length, 4);
    const { out, err } = await run(flags, `${folder}/main.ts`);
    const found: unknown = JSON.parse(out || JSON.stringify(err));
    const denied = ["fetch", "connect", "listen", "run", "environment", "foreign"].map((name) =>
      `${name} NotCapable`
    );
    assert.deepEqual(found, [...denied, ...denied]);
  }));
