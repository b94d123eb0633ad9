/** Scripts of others: what docs/scripts.md says works in a folder outside of the project, with Deno's own compiler options. */
import assert from "node:assert/strict";
import { writeDemo } from "../../fixtures/generate.ts";
import { ROOT } from "../helpers/project.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** The first block of code of a language in the page. */
async function codeOf(language: string): Promise<string> {
  const page = await Deno.readTextFile(`${ROOT}docs/scripts.md`);
  const code = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(page)?.[1];
  assert.ok(code, `docs/scripts.md has no ${language}`);
  return code;
}

/** The project's locked packages, for a project that links it: nothing is fetched that is there. */
async function lockOf(config: string): Promise<string> {
  const { imports } = JSON.parse(config) as { imports: Record<string, string> };
  const { workspace, ...lock } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`)) as {
    workspace: { dependencies: string[] };
  };
  const { name, version } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as Record<
    string,
    string
  >;
  const dependencies = Object.values(imports).map((specifier) => specifier.replace(/\^(\d+\.\d+)\.0$/, "$1"));
  return JSON.stringify({
    ...lock,
    workspace: { dependencies, links: { [`jsr:${name}@${version}`]: workspace } },
  });
}

async function deno(folder: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("the script in docs/scripts.md trains, scores and lists synapses from a folder outside, and has no type error there", () =>
  inTempFolder(async (folder) => {
    const config = (await codeOf("json")).replace("/path/to/ccboost", ROOT);
    assert.ok(config.includes(ROOT));
    await Deno.writeTextFile(`${folder}/deno.json`, config);
    await Deno.writeTextFile(`${folder}/deno.lock`, await lockOf(config));
    const script = await codeOf("ts");
    assert.ok(script.trim().split("\n").length < 30, "short");
    await Deno.writeTextFile(`${folder}/find.ts`, script);
    await writeDemo(folder, { shape: [48, 64, 64], anisotropy: 1, seed: 1 });
    const demo = await Deno.readTextFile(`${folder}/demo.cfg`);
    const short = "numStumps = 60; candidatePoses = 60; crossFitFolds = 2;";
    assert.ok(demo.includes("numStumps = 300;"));
    await Deno.writeTextFile(`${folder}/config.cfg`, demo.replace("numStumps = 300;", short));

    const checked = await deno(folder, "check", "find.ts");
    assert.equal(checked.code, 0, checked.err);
    const flags = ["--no-check", "--no-prompt", "--allow-read", "--allow-write", "--allow-sys"];
    const { code, out, err } = await deno(folder, "run", ...flags, "find.ts");
    assert.equal(code, 0, err);
    const [, synapses] = /^volume 0: (\d+) synapses/m.exec(out) ?? [];
    const [, precision] = /^average precision (0\.\d+)/m.exec(out) ?? [];
    assert.ok(Number(synapses) > 0 && Number(precision) > 0.3, out);
    const table = await Deno.readTextFile(`${folder}/synapses-0.csv`);
    const [head = "", first = ""] = table.split("\n");
    const direction = first.split(",")[head.split(",").indexOf("dx")];
    assert.match(direction ?? "", /^-?\d/, "the directions that scoring kept are found");
    assert.match(err, /boost/, "progress is told");
  }));
