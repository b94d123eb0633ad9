/** `ccboost label config.cfg`: the training volume of a configuration with its labels and polarities, as a project. */
import { dirname, join, parse, resolve } from "node:path";
import type { CleftPolarity, TrainSettings, Xyz } from "../config/settings.ts";
import type { Reporter } from "../engine/mod.ts";
import type { NamedObject } from "../label/records.ts";
import { LABEL } from "../label/state.ts";
import { nearestComponent } from "../stages/training/polarity.ts";
import { commandLine } from "../program_name.ts";
import { UserError } from "../user_error.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { Call } from "./command.ts";
import { loadConfiguration } from "./configuration.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";
import { textOf } from "./flag_values.ts";

/** What a configuration says, as `label` would be told it. */
export interface ConfiguredLabels {
  /** The stack. */
  readonly given: string;
  readonly flags: GivenFlags;
  readonly polarities: readonly CleftPolarity[];
}

/** Reads a configuration. Flags that are given count. @throws {UserError} where it trains on nothing */
export async function configuredLabels({ flags }: Call, path: string): Promise<ConfiguredLabels> {
  const { train: [train, ...others] } = await loadConfiguration(path, flags);
  if (!train) throw new UserError(`${path} has no train group, so no stack to label; give the stack itself`);
  if (others.length > 0) {
    const own = [train, ...others].map((volume) => `  ${commandLine(["label", ...asArguments(volume)])}`);
    throw new UserError(
      `${path} lists ${own.length} training volumes, but a project is of one stack; label one of them:\n` +
        own.join("\n"),
    );
  }
  const stem = parse(path).name;
  const work = textOf(flags, "work") ?? join(dirname(resolve(path)), `${stem}-ccboost`);
  const own = new Map<FlagName, readonly string[]>([["work", [work]], ...flagsOf(train)]);
  for (const [name, values] of flags) own.set(name, values);
  return { given: train.rawVolume, flags: own, polarities: train.ccPolarity };
}

function flagsOf(train: TrainSettings): [FlagName, readonly string[]][] {
  const { rescale, voxelSize, zAnisotropyFactor, groundTruth, labels } = train;
  return [
    ["import", [groundTruth]],
    ["labels-are", [labels]],
    ["anisotropy", [String(zAnisotropyFactor)]],
    ...(rescale === undefined
      ? []
      : [["rescale", [String(rescale)]] satisfies [FlagName, readonly string[]]]),
    ...(voxelSize ? [["voxel-size", [voxelSize.join(",")]] satisfies [FlagName, readonly string[]]] : []),
  ];
}

/** A training volume's stack and flags, for a command line. */
function asArguments(train: TrainSettings): string[] {
  return [train.rawVolume, ...flagsOf(train).flatMap(([name, [value = ""]]) => [`--${name}`, value])];
}

/** The synapses of a new project with the polarities of the configuration, matched as in a run. @param volume their labels */
export async function withPolarities(
  objects: readonly NamedObject[],
  volume: ZarrVolume,
  polarities: readonly CleftPolarity[],
  { warn }: Pick<Reporter, "warn">,
): Promise<NamedObject[]> {
  const answers = new Map<number, Xyz>();
  for (const [index, { pos, polarity }] of polarities.entries()) {
    const id = await nearestComponent(volume, [pos[2], pos[1], pos[0]], LABEL.first);
    const entry = `train.ccPolarity[${index}] (pos = [${pos.join(",")}])`;
    if (id > 0) answers.set(id, polarity);
    else warn(`${entry}: no labelled synapse there, so it is left out`);
  }
  return objects.map((object) => ({ ...object, polarity: answers.get(object.id) ?? object.polarity }));
}
