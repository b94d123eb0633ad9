/** The launcher finds Deno or Node.js, and grants each command what it needs and no more. */
import assert from "node:assert/strict";
import { SLURM_VARIABLES } from "../src/engine/machine.ts";
import { asTyped, commandLine, shellQuoted } from "../src/program_name.ts";
import { ROOT } from "./helpers/project.ts";
import { inTempFolder } from "./helpers/temp_folder.ts";

const LAUNCHER = `${ROOT}ccboost`;

/** Programs that write how they were called, in a folder that is all of the path but the system's own tools. */
async function withPrograms(
  programs: Readonly<Record<string, string>>,
  test: (
    launch: (...args: string[]) => Promise<{ code: number; lines: string[]; err: string }>,
  ) => Promise<void>,
): Promise<void> {
  await inTempFolder(async (folder) => {
    for (const tool of ["dirname", "readlink", "awk", "find", "head", "sh"]) {
      const found = ["/usr/bin", "/bin"].map((bin) => `${bin}/${tool}`).find((path) => isThere(path));
      assert.ok(found, tool);
      await Deno.symlink(found, `${folder}/${tool}`);
    }
    for (const [name, version] of Object.entries(programs)) {
      const script = `#!/bin/sh
[ "$1" = --version ] && { echo "deno ${version} (stable)"; exit 0; }
case "$*" in *"task --quiet page"*) exit 0 ;; esac
for argument; do echo "${name}|$argument"; done
`;
      await Deno.writeTextFile(`${folder}/${name}`, script, { mode: 0o755 });
    }
    await test(async (...args) => {
      const { code, stdout, stderr } = await new Deno.Command(LAUNCHER, {
        args,
        clearEnv: true,
        env: { PATH: folder, HOME: folder },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, lines: text(stdout).trimEnd().split("\n"), err: text(stderr) };
    });
  });
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return false;
    throw cause;
  }
}

const permissions = (lines: readonly string[]) =>
  lines.map((line) => line.replace(/^\w+\|/, "")).filter((word) => word.startsWith("--allow-"));

const OWN = [
  ...["--allow-read", "--allow-write", "--allow-sys=hostname,statfs,systemMemoryInfo"],
  `--allow-env=${SLURM_VARIABLES.join(",")}`,
];

Deno.test("the launcher grants files alone, a page its address, volumes of the web the network, a cluster Slurm", () =>
  withPrograms({ deno: "2.9.6" }, async (launch) => {
    const granted = async (...args: string[]) => permissions((await launch(...args)).lines).sort();
    const page = (host: string) => [`--allow-net=${host}`, ...OWN].sort();
    assert.deepEqual(await granted("run", "a.cfg"), [...OWN].sort());
    assert.deepEqual(await granted("evaluate", "a", "b", "--host", "1.2.3.4"), [...OWN].sort());
    assert.deepEqual(await granted("serve", "out-work"), page("127.0.0.1"));
    assert.deepEqual(await granted("label", "stack.tif"), page("127.0.0.1"));
    assert.deepEqual(await granted("info", "label"), [...OWN].sort());
    assert.deepEqual(await granted("run", "a.cfg", "--serve"), page("127.0.0.1"));
    assert.deepEqual(await granted("serve", "out-work", "--host", "0.0.0.0"), page("0.0.0.0"));
    assert.deepEqual(await granted("serve", "out-work", "--host=::1"), page("::1"));
    assert.deepEqual(await granted("info", "https://example.org/a.zarr"), page("example.org"));
    const bucket = ["--allow-env=AWS_*", "--allow-env=HOME,XDG_CACHE_HOME,CCBOOST_CACHE,CCBOOST_CACHE_MIB"];
    const amazon = [...page("*.amazonaws.com"), ...bucket].sort();
    assert.deepEqual(await granted("info", "s3://bucket/a.zarr"), amazon);
    assert.deepEqual(await granted("run", "a.cfg", "--set", "outFileName=s3://bucket/out"), amazon);
    assert.ok((await granted("info", "gs://bucket/a")).includes("--allow-net=storage.googleapis.com"));
    assert.deepEqual(await granted("--allow-net", "run", "a.cfg"), ["--allow-net", ...OWN].sort());
    const slurm = "--allow-run=sbatch,squeue,sacct,scancel,scontrol,sinfo";
    for (
      const line of [["submit", "a.cfg"], ["cluster", "submit", "a.cfg"], ["cluster", "status", "out-work"]]
    ) {
      assert.deepEqual(await granted(...line), [...OWN, slurm].sort(), line.join(" "));
    }
    const [, ...others] = [await granted("cluster", "plan", "a.cfg"), await granted("cluster", "work", "w")];
    assert.match(others.flat().join(" "), /--allow-env=SLURM_ARRAY_JOB_ID,SLURM_ARRAY_TASK_ID/);
  }));

Deno.test("the launcher passes arguments on as they are", () =>
  withPrograms({ deno: "3.0.1" }, async (launch) => {
    const { lines } = await launch("run", "a folder/a.cfg", "--set", "x = [1, *]", "");
    const place = lines.findIndex((line) => line.endsWith("cli.ts"));
    assert.deepEqual(
      lines.slice(place),
      [`deno|${ROOT}cli.ts`, "deno|run", "deno|a folder/a.cfg", "deno|--set", "deno|x = [1, *]", "deno|"],
    );
  }));

Deno.test("the launcher takes npx where Deno is missing or old, and says what to install where both are", async () => {
  for (const programs of [{ npx: "" }, { deno: "2.8.9", npx: "" }, { deno: "1.46.3", npx: "" }]) {
    await withPrograms(programs, async (launch) => {
      const { lines } = await launch("help");
      assert.deepEqual(lines.slice(0, 3), ["npx|-y", "npx|deno@2.9.6", "npx|run"]);
    });
  }
  await withPrograms({}, async (launch) => {
    const { code, err } = await launch("help");
    assert.equal(code, 127);
    assert.match(err, /needs Deno 2\.9 or later .*or Node\.js .*install one/);
  });
});

Deno.test("commands that are printed can be pasted", () => {
  assert.equal(commandLine(["serve", "out work", "it's"]), "./ccboost serve 'out work' 'it'\\''s'");
  assert.equal(shellQuoted("a/b-c.cfg"), "a/b-c.cfg");
  const typed = (text: string) => asTyped(text, ["run", "serve"]);
  assert.equal(typed("see ccboost help run; ccboost run x"), "see ./ccboost help run; ./ccboost run x");
  assert.equal(
    typed("ccboost finds /ccboost run my-ccboost run ccboost running"),
    "ccboost finds /ccboost run my-ccboost run ccboost running",
  );
});
