/** The benchmark itself, on tiny volumes. */
import assert from "node:assert/strict";
import { readBaseline } from "../../bench/baseline.ts";
import type { Measurement } from "../../bench/measure.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const MAIN = new URL("../../bench/main.ts", import.meta.url);

/** What `--json` prints. */
interface Printed {
  readonly sizes: string;
  readonly measurements: readonly (Measurement & { readonly median: number | null })[];
}

/** Runs the benchmark as `deno task bench` does, with other folders. */
async function bench(folder: string, ...flags: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--allow-read",
      `--allow-write=${folder}`,
      "--allow-env=CCBOOST_REFERENCE",
      `--allow-run=${Deno.execPath()}`,
      MAIN.pathname,
      "--tiny",
      ...["--repeat", "1", "--folder", `${folder}/volumes`, "--baseline", `${folder}/baseline.json`],
      ...flags,
    ],
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert.ok(success, text(stderr));
  return text(stdout);
}

Deno.test("bench --json measures every part, and --save keeps the medians to compare with", async () => {
  await inTempFolder(async (folder) => {
    const { sizes, measurements } = JSON.parse(await bench(folder, "--json", "--save")) as Printed;
    assert.equal(sizes, "tiny");
    const names = measurements.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length, "names are keys of the baseline");
    for (
      const name of [
        "vnc job",
        "columns 2 workers",
        "stensor-s2.5-r5.0",
        "stumps isotropic",
        "stumps anisotropic",
        "features anisotropic",
        "features anisotropic, all cores",
        "boost",
        "boost searchPose",
        "slic isotropic",
        "slic isotropic, all cores",
        "convert tiff",
        "export nrrd",
        "growth 48x40x40",
        "workers 2 over 1, same blocks",
        "block filterRows",
        "block no kernel",
        "smooth z radius 20",
        "eigenvalues",
        "integral image",
        "stump search",
        "binning",
      ]
    ) assert.ok(names.includes(name), `no line ${name} among ${names.join(", ")}`);
    for (const { name, seconds, median } of measurements) {
      if (name === "vnc job") continue; // skipped in tiny sizes
      assert.equal(seconds.length, 1, name);
      assert.ok(median !== null && median >= 0 && Number.isFinite(median), `${name}: ${median}`);
    }
    const inBlock = measurements.filter(({ name, share }) =>
      name.startsWith("block ") && share !== undefined
    );
    const shares = inBlock.reduce((sum, { share = 0 }) => sum + share, 0);
    assert.ok(Math.abs(shares - 1) < 1e-9, `shares of a block add up to ${shares}`);
    const saved = await readBaseline(`${folder}/baseline.json`);
    assert.deepEqual(Object.keys(saved?.lines ?? {}), names.filter((name) => name !== "vnc job"));
    assert.deepEqual([...Deno.readDirSync(`${folder}/volumes`)], [], "volumes are removed");
  });
});

Deno.test("bench prints a table of the parts that --only names, with ratios to the baseline", async () => {
  await inTempFolder(async (folder) => {
    await bench(folder, "--only", "kernels,boosting", "--save");
    const [head = "", ...rows] = (await bench(folder, "--only", "boosting")).split("\n");
    assert.match(head, /^line +median +unit +least +most +of +share +peak +target +ratio +what$/);
    assert.match(rows[0] ?? "", /^boost +\d+\.\d\d +s /);
    assert.match(rows[0] ?? "", / \d+\.\d\d +3 rounds x 40 candidates x 500 samples$/);
    const lines = rows.slice(0, rows.indexOf(""));
    assert.ok(lines.length > 1 && lines.every((line) => line.startsWith("boost")), lines.join("\n"));
    assert.match(rows.at(-2) ?? "", /tiny sizes, ratio to \d{4}-/);
  });
});
