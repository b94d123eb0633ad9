/**
 * The scripts are tried in the shells themselves, where they are. At first these ask the program, as they do where it is used; then, for
 * all other words, a script that answers what the program would, because a start of Deno for each takes long.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { offered, SCRIPTS } from "../../src/commands/completions.ts";
import { COMMON_FLAGS, flagDetails } from "../../src/commands/flags.ts";
import { COMMANDS } from "../../src/commands/list.ts";
import { asTyped } from "../../src/program_name.ts";
import { ccboost, jsonLines } from "../helpers/cli_process.ts";
import { ROOT } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** The line that starts the program, in a shell. */
const PROGRAM = `'${Deno.execPath()}' run --quiet --no-check --allow-read '${ROOT}cli.ts'`;

/** How many lines of each shell are asked of the program itself; see the order of `TYPED`. */
const BY_PROGRAM = 5;

/** Commands of a shell that try lines, in this order. */
interface Tries {
  /** Gets a folder of answers. */
  readonly folder: string;
  readonly lines: readonly (readonly string[])[];
  /** Defines the function `ccboost`, which calls a program. */
  readonly define: (program: string) => string;
  readonly tries: readonly string[];
}

async function shellScript({ folder, lines, define, tries }: Tries): Promise<string> {
  const answers = `${folder}/answers`;
  await Deno.mkdir(answers);
  const stand = await writeAnswers(answers, lines);
  const [asked, answered] = [tries.slice(0, BY_PROGRAM), tries.slice(BY_PROGRAM)];
  return [define(PROGRAM), ...asked, define(stand), ...answered, ""].join("\n");
}

/** A script in the place of the program: answers the words on its standard input as the program does, and only these. */
async function writeAnswers(folder: string, lines: readonly (readonly string[])[]): Promise<string> {
  for (const line of lines) {
    const asked = line.map((word) => `${word}\n`).join("");
    const words = offered(line, COMMANDS).map((word) => `${word.join("\t")}\n`);
    await Deno.writeTextFile(`${folder}/${new TextEncoder().encode(asked).toHex()}`, words.join(""));
  }
  const script = `${folder}/answer.sh`;
  const name = `"$(od -An -v -tx1 | tr -d ' \\n')"`;
  await Deno.writeTextFile(script, `[ "$*" = 'completions words' ] && cat '${folder}/'${name}\n`);
  return `sh '${script}'`;
}

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a shell answers to a script; undefined where there is no such shell. */
async function inShell(shell: string, ...args: readonly string[]): Promise<Answer | undefined> {
  const play = fileURLToPath(new URL("./shell_play.ts", import.meta.url));
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", `--allow-run=${shell}`, play, shell, ...args],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as Answer | null ?? undefined;
}

function testIn(shell: string, name: string, test: () => Promise<void>): void {
  const isThere = ["/bin", "/usr/bin"].some((folder) => {
    try {
      return Deno.statSync(`${folder}/${shell}`).isFile;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return false;
      throw cause;
    }
  });
  Deno.test({ name: isThere ? name : `${name} (skipped: no ${shell})`, ignore: !isThere, fn: test });
}

/** Flags that a help text shows. */
function flagsOf(name: string): string[] {
  const own = COMMANDS.find((command) => command.name === name)?.flags ?? [];
  return [...own, ...COMMON_FLAGS].filter((flag) => !flagDetails(flag).isHidden).map((flag) => `--${flag}`)
    .sort();
}

/** Words that are offered first. */
const NAMES = [...new Set(COMMANDS.map(({ name }) => name.split(" ")[0] ?? "")), "help"].sort();

const IN_CLUSTER = ["cancel", "plan", "status", "submit", "work"];

/** Words typed, the last one being typed, and what is offered; nothing where files are. */
const TYPED: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [[""], NAMES],
  [["run", ""], []],
  [["run", "--polarity", "n"], ["none"]],
  [["run", "--polarity", "=", "c"], ["config"]],
  [["cluster", "submit", "a.cfg", "--"], flagsOf("cluster submit")],
  [["ru"], ["run"]],
  [["--quiet", ""], NAMES],
  [["--memory", "1GiB", "ev"], ["evaluate"]],
  [["--memory", "=", "1GiB", "ev"], ["evaluate"]],
  [["run", "a.cfg", "--dr"], ["--dry-run"]],
  [["a.cfg", "--dr"], ["--dry-run"]],
  [["./run", "--dr"], ["--dry-run"]],
  [["run", "--polarity", ""], ["config", "none"]],
  [["run", "--polarity", "="], ["config", "none"]],
  [["run", "--work", ""], []],
  [["convert", "a.tif", "--type", "u"], ["uint8"]],
  [["help", "ex"], ["export"]],
  [["help", "run", ""], []],
  [["completions", ""], ["bash", "fish", "zsh"]],
  [["completions", "bash", ""], []],
  [["cluster", ""], IN_CLUSTER],
  [["cluster", "su"], ["submit"]],
  [["cluster", "submit", "--engine", ""], []],
  [["cluster", "submit", "a.cfg", "--dr"], ["--dry-run"]],
  ...[...COMMANDS.map(({ name }) => name), "cluster", "help"].map((name) =>
    [[...name.split(" "), "--"], flagsOf(name)] as const
  ),
];

testIn("bash", "bash completes every command, its flags, and the values that there are", async () => {
  await inTempFolder(async (folder) => {
    const tries = TYPED.map(([words]) => {
      const typed = ["ccboost", ...words].map((word) => `'${word}'`).join(" ");
      return `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _ccboost; echo "\${COMPREPLY[*]}"`;
    });
    const define = (program: string) => `ccboost() { ${program} "$@"; }`;
    const all = await shellScript({ folder, lines: TYPED.map(([words]) => words), define, tries });
    const script = `set -u\n${SCRIPTS["bash"]}\ncomplete -p ccboost\n${all}`;
    const answer = await inShell("bash", "--norc", "-c", script);
    assert.ok(answer);
    assert.equal(answer.err, "");
    const [registered, ...lines] = answer.out.split("\n");
    assert.equal(registered, "complete -o default -F _ccboost ccboost");
    for (const [i, [words, offered]] of TYPED.entries()) {
      assert.deepEqual(lines[i]?.split(" ").filter(Boolean).sort(), offered, words.join(" "));
    }
  });
});

testIn("fish", "fish completes commands, their flags, and the values that there are", async () => {
  await inTempFolder(async (folder) => {
    const lines: readonly (readonly [line: string, offered: readonly string[]])[] = [
      ["ccboost ", NAMES],
      ["ccboost run --polarity ", ["config", "none"]],
      ["ccboost run --polarity=c", ["--polarity=config"]],
      ["ccboost a.cfg --dr", ["--dry-run"]],
      ["ccboost cluster submit --", flagsOf("cluster submit")],
      ["ccboost help ex", ["export"]],
      ["ccboost completions ", ["bash", "fish", "zsh"]],
      ["ccboost cluster ", IN_CLUSTER],
      ["ccboost cluster submit a.cfg --dr", ["--dry-run"]],
      ...COMMANDS.map(({ name }) => [`ccboost ${name} --`, flagsOf(name)] as const),
    ];
    const tries = lines.map(([line]) => `complete -C '${line}'; echo ==`);
    const define = (program: string) => `function ccboost; ${program} $argv; end`;
    const words = lines.map(([line]) => line.split(" ").slice(1));
    const all = await shellScript({ folder, lines: words, define, tries });
    // An empty folder, so that no files are offered.
    const empty = `${folder}/empty`;
    await Deno.mkdir(empty);
    const script = `cd ${empty}\n${SCRIPTS["fish"]}\n${all}`;
    const answer = await inShell("fish", "--no-config", "-c", script);
    assert.ok(answer);
    assert.equal(answer.err, "");
    const answers = answer.out.split("==\n");
    for (const [i, [line, offered]] of lines.entries()) {
      const found = answers[i]?.split("\n").filter(Boolean).map((text) => text.split("\t")[0]).sort();
      assert.deepEqual(found, offered, line);
    }
  });
});

testIn("zsh", "zsh takes the script and completes with it", async () => {
  await inTempFolder(async (folder) => {
    const tries = TYPED.map(([words]) => {
      const typed = ["ccboost", ...words].map((word) => `'${word}'`).join(" ");
      return `words=(${typed}); CURRENT=${words.length + 1}; _ccboost`;
    });
    // Of what zsh offers itself the words alone, without what they mean.
    const shown =
      `_describe() { local -a own; own=("\${(@P)2}"); print -r -- "\${(@)own%%:*}"; }; _files() { print; }`;
    const define = (program: string) => `ccboost() { ${program} "$@"; }`;
    const all = await shellScript({ folder, lines: TYPED.map(([words]) => words), define, tries });
    const script = `autoload -U compinit; compinit -D -u\n${
      SCRIPTS["zsh"]
    }\nprint -r -- $_comps[ccboost]\n${shown}\n${all}`;
    const answer = await inShell("zsh", "-f", "-c", script);
    assert.ok(answer);
    assert.equal(answer.err, "");
    const [registered, ...lines] = answer.out.split("\n");
    assert.equal(registered, "_ccboost");
    for (const [i, [words, expected]] of TYPED.entries()) {
      const begun = words.at(-1)?.replace(/^=$/, "") ?? "";
      const found = lines[i]?.split(" ").filter((word) => word.startsWith(begun) && word !== "").sort();
      assert.deepEqual(found, expected, words.join(" "));
    }
  });
});

Deno.test("offered() names every command, every flag that help shows, and no other", () => {
  const wordsAt = (...line: string[]) => offered(line, COMMANDS).map(([word]) => word);
  for (const name of NAMES) assert.ok(wordsAt("").includes(name));
  for (const { name } of COMMANDS) {
    assert.deepEqual(wordsAt(...name.split(" "), "-").sort(), flagsOf(name));
    assert.ok(!wordsAt(...name.split(" "), "-").includes("--debug"));
  }
});

Deno.test("offered() takes the old name of a command, and tells what words mean", () => {
  assert.deepEqual(offered(["submit", "-"], COMMANDS), offered(["cluster", "submit", "-"], COMMANDS));
  for (const [word, about] of [...offered([""], COMMANDS), ...offered(["run", "-"], COMMANDS)]) {
    assert.notEqual(about, "", word);
  }
});

Deno.test("ccboost completions prints the script of a shell, and names the shells where it knows none", async () => {
  const { code, out } = await ccboost("completions", "zsh");
  assert.deepEqual([code, out], [0, `${asTyped(SCRIPTS["zsh"] ?? "", COMMANDS.map(({ name }) => name))}\n`]);
  const json = await ccboost("completions", "fish", "--json");
  assert.equal(jsonLines(json.out).at(-1)?.data?.["script"], SCRIPTS["fish"]);
  const wrong = await ccboost("completions", "tcsh");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /<shell> is "tcsh"; expected bash, zsh, fish/);
});
