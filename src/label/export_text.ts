/** The text of an exported configuration. */
import type { CleftPolarity, RescaleSetting } from "../config/settings_types.ts";
import type { Zyx } from "../volume/region.ts";
import { learnValues } from "./learn_settings.ts";
import { labelValues } from "./project_settings.ts";
import type { LabelObject, LabelState, LearnSettings } from "./state.ts";

/** What of a stack to learn from is told. */
export interface ToldStack {
  /** Paths from the configuration. */
  readonly raw: string;
  readonly labels: string;
  readonly state: Pick<LabelState, "objects" | "notVoxels" | "voxelSize">;
  readonly used: readonly number[];
  readonly entries: readonly CleftPolarity[];
}

/** What of a project its configuration tells. */
export interface ToldProject {
  readonly stacks: readonly ToldStack[];
  /** What is scored. */
  readonly tests: readonly { readonly raw: string; readonly voxelSize: Zyx | null }[];
  /** Of what is scored. */
  readonly rescale: RescaleSetting | null;
  readonly polarity: "config" | "none";
  readonly anisotropy: number;
  /** Of the first stack. */
  readonly voxelSize: Zyx | null;
  readonly learning: LearnSettings;
}

/** Writes it. */
export function configText({ stacks, tests, rescale, polarity, anisotropy, ...told }: ToldProject): string {
  const { volume, svox } = learnValues(told.learning);
  const learning = Object.entries(volume).map(([key, value]) =>
    `${key} = ${typeof value === "string" ? quoted(value) : `[${value.map(quoted).join(", ")}]`};`
  );
  const line = `ccboost run config.cfg${polarity === "none" ? " --polarity none" : ""}`;
  const synapses = sum(stacks, ({ used }) => used.length);
  const notVoxels = sum(stacks, ({ state }) => state.notVoxels);
  const isOne = stacks.length === 1 && tests.length === 1;
  /** Where voxel sizes differ, each volume has its own. */
  const sizeOf = (size: Zyx | null) =>
    size !== null && `${size}` !== `${told.voxelSize}` ? [sizeLine(size)] : [];
  const groups = stacks.map((stack) => [
    ...groupLines(stack, anisotropy, learning),
    ...sizeOf(stack.state.voxelSize),
  ]);
  return [
    `// Written by ccboost label: ${synapses} synapses, and ${notVoxels} voxels that are none.`,
    `// To learn from them and score the ${isOne ? "stack" : "stacks"}: ${line}`,
    ...(polarity === "none" ? ["// Not every synapse has its polarity, so none is used."] : []),
    "// docs/settings.md explains every key, and those that are left out.",
    "",
    'outFileName = "out";',
    ...(told.voxelSize ? [`${sizeLine(told.voxelSize)}  // nm, x, y, z`] : []),
    ...(svox ? [`svox: { seed = ${svox.seed}; };  // distance of the seeds of supervoxels`] : []),
    "",
    ...(groups.length === 1
      ? ["train: {", ...indented(groups.flat()), "};"]
      : ["train = (", ...indented(groups.flatMap(inList)), ");"]),
    "",
    tests.length === 1
      ? "// what is scored: this stack, or others after it, with commas between"
      : "// what is scored: these stacks, or others after them, with commas between",
    ...testLines(
      tests.map(({ raw, voxelSize }) =>
        [`rawVolume = ${quoted(raw)};`, ...rescaleLines(rescale), ...learning, ...sizeOf(voxelSize)].join(" ")
      ),
    ),
    "",
  ].join("\n");
}

/** A group of a list, with its brackets, and a comma unless it is the last one. */
function inList(group: readonly string[], place: number, groups: readonly unknown[]): string[] {
  return ["{", ...indented(group), place === groups.length - 1 ? "}" : "},"];
}

function testLines(tests: readonly string[]): string[] {
  const [only, ...others] = tests;
  if (others.length === 0) return [`test = ( { ${only ?? ""} } );`];
  return ["test = (", tests.map((test) => `  { ${test} }`).join(",\n"), ");"];
}

/** What is told of a stack to learn from, line by line. */
function groupLines(
  { raw, labels, state: { objects }, used, entries }: ToldStack,
  anisotropy: number,
  learning: readonly string[],
): string[] {
  const leftOut = objects.filter(({ id, voxels }) => voxels > 0 && !used.includes(id));
  const names = (some: readonly LabelObject[]) => some.map(({ name }) => commented(name)).join(", ");
  return [
    `rawVolume = ${quoted(raw)};`,
    "// 0: nobody has said; 1: no synapse; from 2 on the synapses:",
    ...objects.filter(({ id }) => used.includes(id)).map(({ id, name }) => `//   ${id} ${commented(name)}`),
    `groundTruth = ${quoted(labels)};`,
    `labels = "${labelValues(used, objects)}";  // what is no synapse / the synapses`,
    ...(leftOut.length > 0 ? [`// left out, because their polarity cannot be told: ${names(leftOut)}`] : []),
    `zAnisotropyFactor = ${float(anisotropy)};  // voxel size in z over that in x and y`,
    ...learning,
    ...polarityLines(entries),
  ];
}

function polarityLines(entries: readonly CleftPolarity[]): string[] {
  if (entries.length === 0) return [];
  const lines = entries.map(({ pos, polarity }, i) =>
    `  { pos = [${pos.join(", ")}]; polarity = [${polarity.join(", ")}]; }` +
    (i < entries.length - 1 ? "," : "")
  );
  return ["// from each cleft towards its vesicles, x, y, z", "ccPolarity = (", ...lines, ");"];
}

function sizeLine(size: Zyx): string {
  return `voxelSize = [${[...size].reverse().map(float).join(", ")}];`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

function sum<T>(list: readonly T[], of: (one: T) => number): number {
  return list.reduce((total, one) => total + of(one), 0);
}

function rescaleLines(rescale: RescaleSetting | null): string[] {
  if (rescale === null) return [];
  return [`rescale = ${rescale === "auto" ? quoted(rescale) : `[${rescale.map(float).join(", ")}]`};`];
}

/** A name in a comment: on one line. */
function commented(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
}

/** A text of libconfig. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function float(value: number): string {
  return /[.e]/.test(String(value)) ? String(value) : `${value}.0`;
}
