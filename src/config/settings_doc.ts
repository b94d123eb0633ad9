/** The documentation of all settings; run as a program, writes `docs/settings.md`. */
import type { Key } from "./settings_keys.ts";
import { EXTRA_KEYS, POLARITY_KEYS, SVOX_KEYS, TEST_KEYS, TOP_KEYS, TRAIN_KEYS } from "./settings_table.ts";

const INTRODUCTION = `# Settings

For users: every key of a configuration. A configuration is a text file of the kind libconfig: \`key = value;\`,
groups \`{ }\`, lists \`( )\`, arrays \`[ ]\`, comments \`#\`, \`//\` and \`/* */\`, and \`@include "file"\`. Keys that you
leave out have their default value.

Some words come up again and again. A **sample** is a place that ccboost learns from: **positive** inside a
synapse, **negative** elsewhere. A **supervoxel** is a small group of similar neighbouring voxels, which get
one score together. A **channel** is a filtered image of the volume. A **stump** is a simple rule, and a
**model** is a weighted sum of stumps.

Paths are relative to the configuration file. \`--set key=value\` on the command line changes a key, for example
\`--set svox.seed=3\` or \`--set "test[0].rawVolume=volume.tif"\`. The value is written as in the file, but text
needs no quotes; paths are relative to the configuration file, too.

A channel in \`otherFeatures\` is read from its file if that exists. Otherwise it is computed, if its name is
one that can be computed, such as \`gradient-magnitude-s1.0\` or \`features/stensor-s0.5-r1.0.nrrd\`. The same
holds for \`orientEstimate\` and names such as \`hessOrient-s3.5-repolarized\`.
`;

const SECTIONS: readonly { readonly title: string; readonly keys: object }[] = [
  { title: "The whole configuration", keys: TOP_KEYS },
  { title: "`svox`: supervoxels", keys: SVOX_KEYS },
  { title: "`extra`: additional outputs", keys: EXTRA_KEYS },
  { title: "`train`: the training volume, or each element of a list of them", keys: TRAIN_KEYS },
  { title: "`train.ccPolarity`: each element", keys: POLARITY_KEYS },
  { title: "`test`: each element", keys: TEST_KEYS },
];

/** The Markdown text of `docs/settings.md`: each key's form, default and meaning. */
export function describeSettings(): string {
  const sections = SECTIONS.map(({ title, keys }) => `## ${title}\n\n${describeKeys(keys)}`);
  return [INTRODUCTION, ...sections].join("\n");
}

function describeKeys(keys: object): string {
  const rows = Object.entries<Key<unknown>>({ ...keys }).map(([name, { form, help, fallback }]) => [
    `\`${name}\``,
    form.expected.replaceAll("<", "\\<"),
    fallback === undefined ? "required" : fallback.text,
    help,
  ]);
  return formatTable([["key", "value", "default", "meaning"], ...rows]);
}

/** A Markdown table with columns padded to one width each. The first row is the head. */
function formatTable(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(" | ")} |\n`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [first = "", ...rest] = rows.map(line);
  return [first, rule, ...rest].join("");
}

if (import.meta.main) {
  Deno.writeTextFileSync(new URL("../../docs/settings.md", import.meta.url), describeSettings());
}
