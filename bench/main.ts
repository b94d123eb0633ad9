/** `deno task bench`: measures stages and kernels on generated volumes. `README.md` says how to read it. */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Circumstances, readBaseline, saveBaseline, whyNotComparable } from "./baseline.ts";
import { figuresOf, type Measurement, median } from "./measure.ts";
import { helpText, type Options, readOptions } from "./options.ts";
import type { Part, Setting } from "./part.ts";
import { processorName, runModule } from "./process.ts";
import { formatTable } from "./table.ts";

const RUN_PART = new URL("./run_part.ts", import.meta.url);

async function write(to: typeof Deno.stdout, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(`${text}\n`);
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

/** Runs the parts one after the other, each in a process of its own whose peak its lines get unless they have their own. */
async function measure(options: Options): Promise<Measurement[]> {
  const lines: Measurement[] = [];
  await Deno.mkdir(options.folder, { recursive: true });
  const folder = await Deno.makeTempDir({ dir: options.folder });
  try {
    for (const [i, part] of options.parts.entries()) {
      await write(Deno.stderr, `${i + 1} of ${options.parts.length}: ${part.name}, ${part.about}`);
      lines.push(...await measurePart(part, { ...options, folder }));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return lines;
}

async function measurePart(part: Part, { sizes, repeat, folder, memory }: Options): Promise<Measurement[]> {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const reference = resolve(root, Deno.env.get("CCBOOST_REFERENCE") ?? "../shared/reference");
  const setting: Setting = { sizes, repeat: repeat ?? part.repeat, folder, memory, reference };
  const permissions = ["--allow-read", `--allow-write=${folder}`, `--allow-run=${Deno.execPath()}`];
  const { out, peakBytes } = await runModule(RUN_PART, permissions, [part.name, JSON.stringify(setting)]);
  const lines = (JSON.parse(out) as Measurement[]).map(({ bound, ...line }) =>
    bound === undefined || sizes.name !== "normal" ? line : { ...line, bound }
  );
  const ownProcess = lines.every((line) => line.peakBytes === undefined);
  if (peakBytes === undefined || !ownProcess) return lines;
  // the mark is one of the process, so it stands at the part's first line
  return lines.map((line, i) => i === 0 && line.seconds.length > 0 ? { ...line, peakBytes } : line);
}

async function main(options: Options): Promise<void> {
  const now: Circumstances = {
    processor: await processorName(),
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    sizes: options.sizes.name,
  };
  const lines = await measure(options);
  const known = await readBaseline(options.baseline);
  const reason = known && whyNotComparable(known, now);
  const baseline = reason === undefined ? known : undefined;
  if (options.isJson) {
    const measurements = lines.map((line) => ({
      ...line,
      median: line.seconds.length > 0 ? median(figuresOf(line)) : null,
    }));
    await write(Deno.stdout, JSON.stringify({ ...now, measurements }, null, 2));
  } else {
    await write(Deno.stdout, formatTable(lines, baseline));
    const against = baseline ? `, ratio to ${baseline.time}` : reason === undefined ? "" : `; ${reason}`;
    await write(
      Deno.stdout,
      `\n${now.cores} x ${now.processor}, deno ${now.deno}, ${now.sizes} sizes${against}`,
    );
  }
  if (options.saves) await saveBaseline(options.baseline, now, lines, new Date());
}

if (import.meta.main) {
  const options = readOptions(Deno.args);
  if (options) await main(options);
  else await write(Deno.stdout, helpText());
}
