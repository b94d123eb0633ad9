/** The scripts are tried in the shells themselves, where they are. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { completables } from "../../src/commands/completions.ts";
import { bashScript } from "../../src/commands/completions_bash.ts";
import { fishScript } from "../../src/commands/completions_fish.ts";
import { zshScript } from "../../src/commands/completions_zsh.ts";
import { COMMANDS } from "../../src/commands/list.ts";
import { asTyped } from "../../src/program_name.ts";
import { ccboost, jsonLines } from "../helpers/cli_process.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const WORDS = completables(COMMANDS);

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
  return WORDS.find((command) => command.name === name)?.flags.map((flag) => `--${flag.name}`).sort() ?? [];
}

const NAMES = WORDS.map(({ name }) => name).sort();

/** Words typed, the last one being typed, and what is offered; nothing where files are. */
const TYPED: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [[""], NAMES],
  [["ru"], ["run"]],
  [["--quiet", ""], NAMES],
  [["--memory", "1GiB", "ev"], ["evaluate"]],
  [["--memory", "=", "1GiB", "ev"], ["evaluate"]],
  [["run", ""], []],
  [["run", "a.cfg", "--dr"], ["--dry-run"]],
  [["a.cfg", "--dr"], ["--dry-run"]],
  [["./run", "--dr"], ["--dry-run"]],
  [["run", "--polarity", ""], ["config", "none"]],
  [["run", "--polarity", "n"], ["none"]],
  [["run", "--polarity", "="], ["config", "none"]],
  [["run", "--polarity", "=", "c"], ["config"]],
  [["run", "--work", ""], []],
  [["convert", "a.tif", "--type", "u"], ["uint8"]],
  [["help", "ex"], ["export"]],
  [["help", "run", ""], []],
  [["completions", ""], ["bash", "fish", "zsh"]],
  [["completions", "bash", ""], []],
  ...NAMES.map((name) => [[name, "--"], flagsOf(name)] as const),
];

testIn("bash", "bash completes every command, its flags, and the values that there are", async () => {
  const tries = TYPED.map(([words]) => {
    const typed = ["ccboost", ...words].map((word) => `'${word}'`).join(" ");
    return `COMP_WORDS=(${typed}); COMP_CWORD=${words.length}; _ccboost; echo "\${COMPREPLY[*]}"`;
  });
  const script = `set -u\n${bashScript(WORDS)}\ncomplete -p ccboost\n${tries.join("\n")}\n`;
  const answer = await inShell("bash", "--norc", "-c", script);
  assert.ok(answer);
  assert.equal(answer.err, "");
  const [registered, ...lines] = answer.out.split("\n");
  assert.equal(registered, "complete -o default -F _ccboost ccboost");
  for (const [i, [words, offered]] of TYPED.entries()) {
    assert.deepEqual(lines[i]?.split(" ").filter(Boolean).sort(), offered, words.join(" "));
  }
});

testIn("fish", "fish completes commands, their flags, and the values that there are", async () => {
  await inTempFolder(async (folder) => {
    const lines: readonly (readonly [line: string, offered: readonly string[]])[] = [
      ["ccboost ", NAMES],
      ["ccboost run --polarity ", ["config", "none"]],
      ["ccboost a.cfg --dr", ["--dry-run"]],
      ["ccboost help ex", ["export"]],
      ["ccboost completions ", ["bash", "fish", "zsh"]],
      ...COMMANDS.map(({ name }) => [`ccboost ${name} --`, flagsOf(name)] as const),
    ];
    const tries = lines.map(([line]) => `complete -C '${line}'; echo ==`);
    // An empty folder, so that no files are offered.
    const script = `cd ${folder}\n${fishScript(WORDS)}\n${tries.join("\n")}\n`;
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
  const script = `autoload -U compinit; compinit -D -u\n${zshScript(WORDS)}\nprint -r -- $_comps[ccboost]`;
  const answer = await inShell("zsh", "-f", "-c", script);
  assert.ok(answer);
  assert.equal(answer.err, "");
  assert.equal(answer.out, "_ccboost\n");
});

Deno.test("every script names every command, every flag that help shows, and no other", () => {
  for (const script of [bashScript(WORDS), zshScript(WORDS), fishScript(WORDS)]) {
    for (const name of NAMES) assert.match(script, new RegExp(`\\b${name}\\b`));
    assert.doesNotMatch(script, /\bdebug\b/);
    for (const command of COMMANDS) {
      for (const flag of command.flags) assert.match(script, new RegExp(`(--|-l )${flag}\\b`), flag);
    }
  }
});

Deno.test("ccboost completions prints the script of a shell, and names the shells where it knows none", async () => {
  const { code, out } = await ccboost("completions", "zsh");
  assert.deepEqual([code, out], [0, asTyped(zshScript(WORDS), COMMANDS.map(({ name }) => name))]);
  const json = await ccboost("completions", "fish", "--json");
  assert.equal(jsonLines(json.out).at(-1)?.data?.["script"], fishScript(WORDS).trimEnd());
  const wrong = await ccboost("completions", "tcsh");
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /<shell> is "tcsh"; expected bash, zsh, fish/);
});
