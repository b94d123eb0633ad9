/**
 * Fuzzes the readers of files that others made: `deno task fuzz -- --inputs 100000 --seed 1`. Prints how many inputs were read and
 * rejected, and every crash, hang and budget that was exceeded; ends with 1 where there is any. With `--kind hdf5` only the inputs of
 * that kind are read, one in twelve of those that are counted.
 */
import { parseArgs } from "node:util";
import { runFuzz } from "./run_fuzz.ts";
import { KINDS } from "./seeds.ts";

const encoder = new TextEncoder();
const print = (line: string) => void Deno.stdout.writeSync(encoder.encode(`${line}\n`));

const { values } = parseArgs({
  args: Deno.args.filter((arg) => arg !== "--"),
  options: {
    inputs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    first: { type: "string", default: "0" },
    budget: { type: "string", default: "512" },
    kind: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
const inputs = Number(values.inputs);
const only = KINDS.find((kind) => kind === values.kind);
if (values.kind !== undefined && only === undefined) {
  print(`--kind ${values.kind}: expected ${KINDS.join(", ")}`);
  Deno.exit(2);
}
const byKind = new Map(KINDS.map((kind) => [kind, { read: 0, rejected: 0 }]));
let slowest = { index: 0, ms: 0 };
let began = performance.now();
const { findings } = await runFuzz({
  inputs,
  seed: Number(values.seed),
  first: Number(values.first),
  patience: 10_000,
  budget: Number(values.budget),
  ...(only === undefined ? {} : { only }),
  onReport(report) {
    const { event, index, kind, text } = report;
    if (event === "begin" || event === "folder") began = performance.now();
    else if (performance.now() - began > slowest.ms) slowest = { index, ms: performance.now() - began };
    const counts = byKind.get(kind);
    if (counts && (event === "read" || event === "rejected")) counts[event]++;
    if (values.verbose && event !== "begin" && event !== "folder") {
      print(`${index} ${kind} ${event} ${text ?? ""}`);
    }
  },
});
print(`inputs tried: ${inputs}, seed ${values.seed}, memory budget ${values.budget} MiB, 10 s an input`);
for (const [kind, { read, rejected }] of byKind) {
  print(`  ${kind}: ${read} read, ${rejected} rejected with a message`);
}
print(`slowest: input ${slowest.index}, ${Math.round(slowest.ms)} ms`);
for (const what of ["crash", "hang", "over-budget"] as const) {
  print(`${what}: ${findings.filter((finding) => finding.what === what).length}`);
}
for (const { index, kind, what, text } of findings.slice(0, 50)) {
  print(`input ${index} (${kind}): ${what}: ${text}`);
}
Deno.exit(findings.length === 0 ? 0 : 1);
