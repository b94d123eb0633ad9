/** `ccboost components`: the synapses of a ground truth and which way each points. */
import type { Settings, TrainSettings, Xyz } from "../config/settings.ts";
import { UserError } from "../user_error.ts";
import { openJournal } from "../engine/mod.ts";
import type { Component } from "../stages/components.ts";
import { requireBothLabels } from "../stages/training/both_labels.ts";
import { type GroundTruth, openGroundTruth } from "../stages/training/ground_truth.ts";
import { matchPolarity } from "../stages/training/polarity.ts";
import type { RunContext } from "../run/run_context.ts";
import { groupOf } from "../run/volume_suffix.ts";
import { commandLine } from "../program_name.ts";
import { describeVolumeFile } from "../volume/open.ts";
import { regionEnd, type Zyx } from "../volume/region.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { loadConfiguration } from "./configuration.ts";
import { choiceOf } from "./flag_values.ts";
import { resourcesOf } from "./resource_flags.ts";
import { workFolderOf } from "./run_settings.ts";
import { alignColumns } from "./text_table.ts";
import { makeFolder } from "./volumes.ts";
import { WORKER_MODULES } from "../stages/worker_modules.ts";

export const componentsCommand: Command = {
  name: "components",
  summary: "list the labelled synapses and their polarity",
  operands: [{ name: "config", help: "configuration file with one or more training volumes" }],
  flags: ["set", "polarity", "rescale", "voxel-size", "work", "memory"],
  flagHelp: { work: "work folder (default: <outFileName>-work)" },
  description:
    "Lists the labelled synapses (connected voxels of label 255) of each training volume with their\n" +
    "numbers, and says which of them have an entry in ccPolarity. Ends with a ccPolarity to copy into\n" +
    "the configuration and fill in.",
  examples: ["components config.cfg"],
  run: components,
};

/** A component with its entry. */
interface Row {
  readonly component: Component;
  readonly polarity: Xyz | undefined;
  /** Whether `useSynapses` takes it. */
  readonly isUsed: boolean;
}

async function components(call: Call): Promise<void> {
  const polarity = choiceOf(call.flags, "polarity", ["config", "none"]) ?? "config";
  const settings = await loadConfiguration(operandAt(call, 0), call.flags);
  if (settings.train.length === 0) {
    throw new UserError(
      `${operandAt(call, 0)}: it has no train group and therefore no ground truth; use another configuration`,
    );
  }
  const volumes: ListedVolume[] = [];
  for (const volume of await openVolumes(call, settings, polarity)) {
    volumes.push(await listed(call, settings, volume, polarity));
  }
  const lists = volumes.map(({ group, train, text }) =>
    volumes.length === 1 ? text : `${group}: ${train.rawVolume}, ${train.groundTruth}\n\n${text}`
  );
  const isLacking = volumes.some(({ data: { lacking } }) => lacking > 0);
  const clicking = `Or answer by clicking: ${commandLine(["run", operandAt(call, 0), "--serve"])}`;
  call.reporter.result(
    [...lists, ...(isLacking ? [clicking] : [])].join("\n\n"),
    volumes.length === 1 ? volumes[0]?.data : {
      volumes: volumes.map(({ train: { rawVolume, groundTruth }, data }) => ({
        rawVolume,
        groundTruth,
        ...data,
      })),
    },
  );
}

/** A training volume, with its place in their list. */
interface GivenVolume {
  readonly index: number;
  readonly train: TrainSettings;
  readonly truth: GroundTruth;
}

/** A training volume's synapses. */
interface ListedVolume {
  /** The name of its group. */
  readonly group: string;
  readonly train: TrainSettings;
  readonly text: string;
  readonly data: {
    readonly components: ReturnType<typeof jsonOf>[];
    readonly dropped: number;
    readonly lacking: number;
    readonly ccPolarity: string;
  };
}

async function listed(
  call: Call,
  settings: Settings,
  { index, train, truth }: GivenVolume,
  polarity: RunContext["polarity"],
): Promise<ListedVolume> {
  const group = groupOf(index, settings.train.length);
  const matched = polarity === "none" ? new Map<number, Xyz>() : await matchAll(call, train, truth, group);
  const used = new Set(train.useSynapses);
  const rows = truth.list.components.map((component): Row => ({
    component,
    polarity: matched.get(component.id),
    isUsed: used.size === 0 || used.has(component.id),
  }));
  const withPolarity = polarity === "config";
  const lacking = withPolarity ? rows.filter((row) => row.isUsed && row.polarity === undefined).length : 0;
  const snippet = lacking > 0 ? polaritySnippet(rows) : "";
  const { dropped } = truth.list;
  const head = `${rows.length} labelled synapses of at least ${settings.minPosRegionSize} voxels` +
    (dropped > 0 ? `; ignored because they are smaller: ${dropped}` : "");
  const advice = lacking === 0
    ? ""
    : `${lacking} of them ${
      lacking === 1 ? "has" : "have"
    } no entry in ccPolarity. Fill in each polarity: -1, 0 or 1 for x, y and z, pointing from the cleft\n` +
      `towards the vesicles. Then put this into the ${group} group:\n\n${snippet}`;
  const parts = [head, rows.length > 0 ? table(rows, withPolarity) : "", advice];
  return {
    group,
    train,
    text: parts.filter((part) => part !== "").join("\n\n"),
    data: { components: rows.map(jsonOf), dropped, lacking, ccPolarity: snippet },
  };
}

/** Converts, erodes and numbers the ground truth of all volumes in the work folder of the run, which then need not do it again. */
async function openVolumes(
  call: Call,
  settings: Settings,
  polarity: RunContext["polarity"],
): Promise<GivenVolume[]> {
  const { flags, reporter, signal } = call;
  const resources = resourcesOf(flags);
  const workFolder = workFolderOf(flags, settings);
  await makeFolder(workFolder);
  const journal = await openJournal(workFolder);
  try {
    const context: RunContext = {
      settings,
      polarity,
      resources,
      workerModules: WORKER_MODULES,
      workFolder,
      journal,
      reporter,
      signal,
    };
    const volumes: GivenVolume[] = [];
    for (const [index, train] of settings.train.entries()) {
      const { shape } = await describeVolumeFile(train.rawVolume);
      volumes.push({ index, train, truth: await openGroundTruth(context, train, shape, index) });
    }
    await requireBothLabels(context, volumes.map(({ train, truth }) => ({ truth, settings: train })));
    return volumes;
  } finally {
    await journal.close();
  }
}

/** Matches entries and components; wrong entries are told in warnings and the others matched. */
async function matchAll(
  { reporter }: Call,
  { ccPolarity }: TrainSettings,
  truth: GroundTruth,
  group: string,
): Promise<Map<number, Xyz>> {
  try {
    return await matchPolarity(ccPolarity, truth.components, undefined, group);
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    for (const line of cause.message.split("\n")) reporter.warn(line);
  }
  const matched = new Map<number, Xyz>();
  for (const entry of ccPolarity) {
    try {
      for (const [id, polarity] of await matchPolarity([entry], truth.components)) {
        if (!matched.has(id)) matched.set(id, polarity);
      }
    } catch (cause) {
      if (!(cause instanceof UserError)) throw cause; // its warning is out
    }
  }
  return matched;
}

function table(rows: readonly Row[], withPolarity: boolean): string {
  const cells = rows.map((row) => {
    const { id, voxels, position, box } = row.component;
    const [from, to] = [xyz(box.start), xyz(lastVoxel(row.component))];
    const range = from.map((low, axis) => `${low}-${to[axis]}`).join(" ");
    return [
      String(id),
      String(voxels),
      xyz(position).join(","),
      range,
      ...(withPolarity ? [polarityText(row)] : []),
    ];
  });
  const head = ["id", "voxels", "position x,y,z", "box x y z", ...(withPolarity ? ["polarity"] : [])];
  return alignColumns([head, ...cells], "rrlll");
}

function polarityText({ polarity, isUsed }: Row): string {
  if (!isUsed) return "not in useSynapses";
  return polarity ? `[${polarity.join(",")}]` : "missing";
}

/** A whole `ccPolarity`: entries that there are, and blanks for those that are missing. */
function polaritySnippet(rows: readonly Row[]): string {
  const wanted = rows.filter(({ isUsed }) => isUsed);
  const entries = wanted.map(({ component: { id, voxels, position }, polarity }, i) => {
    const direction = polarity ? polarity.join(",") : " , , ";
    const comma = i + 1 < wanted.length ? "," : " ";
    return `  { pos = [${
      xyz(position).join(",")
    }]; polarity = [${direction}]; }${comma}  # synapse ${id}, ${voxels} voxels`;
  });
  return `ccPolarity = (\n${entries.join("\n")}\n);`;
}

function jsonOf(row: Row) {
  const { id, voxels, position, box } = row.component;
  return {
    id,
    voxels,
    position: xyz(position),
    box: { from: xyz(box.start), to: xyz(lastVoxel(row.component)) },
    polarity: row.polarity ?? null,
    isUsed: row.isUsed,
  };
}

function lastVoxel({ box }: Component): Zyx {
  const [z, y, x] = regionEnd(box);
  return [z - 1, y - 1, x - 1];
}

function xyz([z, y, x]: Zyx): Xyz {
  return [x, y, z];
}
