import assert from "node:assert/strict";
import { COMMANDS } from "../../src/commands/list.ts";
import { version } from "../../src/version.ts";
import { ccboost as startCcboost, ccboostHere as ccboost, jsonLines } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

Deno.test("ccboost help lists every command and no hidden flag", async () => {
  const { code, out, err } = await ccboost("help");
  assert.equal(code, 0);
  assert.equal(err, "");
  for (const { name, summary } of COMMANDS) {
    assert.match(out, new RegExp(`^  ${name} `, "m"));
    assert.ok(out.replaceAll(/\s+/g, " ").includes(summary), summary);
  }
  assert.doesNotMatch(out, /--debug/);
  for (const args of [[], ["--help"], ["-h"], ["help", "help"]]) {
    assert.equal((await ccboost(...args)).out, out, args.join(" "));
  }
});

Deno.test("ccboost help of a command shows its arguments, its flags and an example", async () => {
  for (const command of COMMANDS) {
    const { code, out } = await ccboost("help", ...command.name.split(" "));
    assert.equal(code, 0);
    for (const flag of [...command.flags, "json", "quiet"]) {
      assert.match(out, new RegExp(`^  --${flag}\\b`, "m"));
    }
    for (const { name } of command.operands) {
      assert.match(out, new RegExp(`^  [<\\[]${name}( \\.\\.\\.)?[>\\]]  `, "m"));
    }
    for (const example of command.examples) assert.ok(out.includes(`  ./ccboost ${example}\n`));
    for (const line of out.split("\n")) assert.ok(line.length <= 80 || line.startsWith("  ./"), line);
  }
  const [help, flag] = [await ccboost("help", "run"), await ccboost("run", "--help")];
  assert.equal(flag.out, help.out);
});

Deno.test("every example of a help text is a line that its command takes", async () => {
  for (const command of COMMANDS) {
    for (const example of command.examples) {
      // Files that an example names do not exist here; the line itself must be right.
      const { out, code } = await ccboost(...example.split(" "), "--help");
      assert.equal(code, 0);
      assert.match(out, new RegExp(`^Usage: \\./ccboost ${command.name}\\b`, "m"));
      const flags = Array.from(example.matchAll(/--([a-z-]+)/g), ([, name]) => name);
      for (const name of flags) assert.ok(command.flags.some((flag) => flag === name), `${example}: ${name}`);
    }
  }
});

Deno.test("ccboost --version tells the version of deno.json", async () => {
  const { code, out } = await startCcboost("--version");
  assert.deepEqual([code, out], [0, `ccboost ${version}\n`]);
});

Deno.test("a flag's help speaks of its own command", async () => {
  for (const command of COMMANDS) {
    const { out } = await ccboost("help", ...command.name.split(" "));
    const flags = out.slice(out.indexOf("\nFlags:\n"), out.indexOf("\nExample"));
    for (const { name } of COMMANDS) {
      const others = new RegExp(`\\b(of|for|in) (ccboost )?${name}\\b(?! in progress)`);
      if (name !== command.name) assert.doesNotMatch(flags, others, command.name);
    }
    const names = Object.keys(command.flagHelp ?? {});
    assert.deepEqual(names.filter((name) => !command.flags.some((flag) => flag === name)), [], command.name);
  }
  const helpOf = async (name: string) => (await ccboost("help", name)).out.replaceAll(/\s+/g, " ");
  assert.match(
    await helpOf("synapses"),
    /--min-size VOXELS minimum size of a synapse in voxels \(default 100\)/,
  );
  assert.match(
    await helpOf("evaluate"),
    /--min-size VOXELS minimum size of a synapse in voxels \(default 1\)/,
  );
  assert.match(await helpOf("export"), /--threshold SCORE write 255 where the value is at least this/);
});

Deno.test("commands for clusters stand under cluster, and their old names still work", async () => {
  const { code, out } = await ccboost("cluster");
  assert.equal(code, 0);
  assert.equal((await ccboost("help", "cluster")).out, out);
  const old = {
    submit: "<config>",
    status: "<folder>",
    cancel: "<folder>",
    plan: "[config]",
    work: "<folder>",
  };
  for (const [name, operand] of Object.entries(old)) {
    assert.ok(out.includes(`  cluster ${name} ${operand} `), out);
    const help = await ccboost("help", "cluster", name);
    assert.match(help.out, new RegExp(`^Usage: \\./ccboost cluster ${name} `, "m"));
    for (const line of [["help", name], [name, "--help"], ["cluster", name, "--help"]]) {
      assert.equal((await ccboost(...line)).out, help.out, line.join(" "));
    }
  }
  const told = await ccboost("cluster", "status", "/");
  assert.match(told.err, /nothing was submitted/);
  assert.equal((await ccboost("status", "/")).err, told.err);
});

/** Lines that are wrong, and what the message must say. */
const WRONG: readonly (readonly [args: readonly string[], message: RegExp])[] = [
  [["covnert"], /unknown command "covnert"; did you mean \.\/ccboost convert\?/],
  [["help", "evalute"], /did you mean \.\/ccboost evaluate\?/],
  [["cluster", "submt"], /unknown command "cluster submt"; did you mean \.\/ccboost cluster submit\?/],
  [["submt", "a.cfg"], /unknown command "submt"; did you mean \.\/ccboost cluster submit\?/],
  [["cluster", "status"], /<folder> is missing; usage: \.\/ccboost cluster status <folder>/],
  [["xyzzy"], /unknown command "xyzzy"; see \.\/ccboost help/],
  [["run", "a.cfg", "--memroy", "1GiB"], /unknown flag --memroy; did you mean --memory\?/],
  [["run", "a.cfg", "--sigma", "2"], /run does not take --sigma/],
  [["run", "a.cfg", "-x"], /unknown flag -x/],
  [["convert", "a.tif"], /<out.zarr> is missing; usage: \.\/ccboost convert <in> <out.zarr>/],
  [["evaluate", "a", "b", "c"], /unexpected argument "c"/],
  [["run", "a.cfg", "--memory"], /--memory needs a value, for example --memory 512MiB/],
  [["run", "a.cfg", "--memory", "--quiet"], /--memory needs a value/],
  [["run", "a.cfg", "--memory", "lots"], /--memory: "lots" is not an amount of memory/],
  [["run", "a.cfg", "--memory", "16MiB"], /--memory 16MiB is not enough.* at least --memory 128MiB/],
  [["evaluate", "a.nrrd", "b.tif", "--memory", "200MiB"], /at least --memory 256MiB/],
  [["run", "a.cfg", "--workers", "1025"], /--workers is "1025"; expected a whole number from 0 to 1024/],
  [["run", "a.cfg", "--workers", "1.5"], /--workers is "1.5"/],
  [["run", "a.cfg", "--block", "64,64"], /--block is "64,64"; expected three whole numbers/],
  [["run", "a.cfg", "--block", "0,64,64"], /--block is "0,64,64"/],
  [["run", "a.cfg", "--json=yes"], /--json takes no value/],
  [["run", "a.cfg", "--polarity", "both"], /--polarity is "both"; expected config or none/],
  [["convert", "a.tif", "b.zarr", "--anisotropy", "0.5"], /--anisotropy is "0.5"; expected a number from 1/],
  [["convert", "no-such.tif", "b.zarr"], /no-such.tif: no such file or folder/],
  [["work", "w"], /--stage is missing; give one of convert, samples/],
  [["work", "w", "--stage", "scoer"], /--stage is "scoer"; expected one of convert, samples/],
  [["work", "w", "--stage", "gather", "--shard", "8/8"], /--shard is "8\/8"; expected a number from 0/],
  [
    ["work", "w", "--stage", "gather", "--shard", "auto/8"],
    /task number in SLURM_ARRAY_TASK_ID.*--allow-env/,
  ],
  [["work", "w", "--stage", "boost", "--shard", "0/2"], /--stage boost needs only one process/],
  [["work", "no-such-work", "--stage", "gather", "--shard", "0/2"], /nothing was submitted/],
  [["submit", "a.cfg", "--tasks", "0"], /--tasks is "0"; expected a whole number from 1/],
  [["submit", "a.cfg", "--partition", "a b"], /--partition is "a b"/],
  [["submit", "a.cfg", "--", "more"], /"more" after -- is not an sbatch option/],
  [["status", "no-such-work"], /nothing was submitted/],
  [["no-such.cfg"], /no-such.cfg: no such file/],
  [["erode-dilate", "a.tif", "one", "2", "b.tif"], /erodeRadius is "one"; expected a number from 0 to 255/],
  [["erode-dilate", "a.tif", "1", "2", "b.jpg"], /b.jpg: unknown format/],
  [["export", "a.zarr", "b.png"], /b.png: unknown format/],
];

Deno.test("ccboost ends with 2 and one message without a stack when the line is wrong", async () => {
  for (const [args, message] of WRONG) {
    const { code, out, err } = await ccboost(...args);
    const line = args.join(" ");
    assert.equal(code, 2, `${line}: ${err}`);
    assert.match(err, message, line);
    assert.match(err, /^error: /, line);
    assert.doesNotMatch(err, /^\s+at /m, line);
    assert.equal(out, "", line);
  }
});

Deno.test("ccboost --json tells errors on standard output as JSON", async () => {
  const { code, out, err } = await ccboost("convert", "no-such.tif", "b.zarr", "--json");
  assert.equal(code, 2);
  assert.equal(err, "");
  const [line, ...more] = jsonLines(out);
  assert.equal(line?.event, "error");
  assert.match(line?.text ?? "", /no-such.tif/);
  assert.deepEqual(more, []);
});

Deno.test("ccboost ends with 1 at an internal error, and shows the stack with --debug alone", async () => {
  await inTempFolder(async (folder) => {
    const header = "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 1 1 1\nencoding: raw\n\n";
    await Deno.writeTextFile(`${folder}/v.nrrd`, `${header}x`);
    const run = async (...more: string[]) => {
      // Workers may not read their own kernels, which no user of an installed program can bring about.
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          ...["run", "--no-prompt", `--allow-read=${folder}`, `--allow-write=${folder}`, "cli.ts"],
          ...["channels", `${folder}/v.nrrd`, `${folder}/c`, "--only", "gauss-s1.0", ...more],
        ],
        cwd: new URL("../..", import.meta.url),
      }).output();
      return { code, err: new TextDecoder().decode(stderr) };
    };
    const plain = await run();
    assert.equal(plain.code, 1, plain.err);
    assert.match(plain.err, /^error: internal error: .*--debug/m);
    assert.doesNotMatch(plain.err, /^\s+at /m);
    const debugged = await run("--debug");
    assert.equal(debugged.code, 1, debugged.err);
    assert.match(debugged.err, /^\s+at /m);
  });
});
