/** `ccboost label config.cfg`: the training volumes of a configuration with their labels and polarities, as a project. */
import { dirname, join, parse, resolve } from "node:path";
import type { CleftPolarity, TrainSettings, Xyz } from "../config/settings.ts";
import type { Reporter } from "../engine/mod.ts";
import type { NamedObject } from "../label/records.ts";
import { LABEL } from "../label/state.ts";
import { nearestComponent } from "../stages/training/polarity.ts";
import { UserError } from "../user_error.ts";
import type { ZarrVolume } from "../volume/zarr/mod.ts";
import type { Call } from "./command.ts";
import { loadConfiguration } from "./configuration.ts";
import type { FlagName } from "./flag_table.ts";
import type { GivenFlags } from "./flags.ts";
import { textOf } from "./flag_values.ts";

/** A stack as it is given to `label`. */
export interface GivenStack {
  /** The volume. */
  readonly given: string;
  readonly flags: GivenFlags;
  /** Of a configuration, taken with its labels. */
  readonly polarities?: readonly CleftPolarity[];
}

/** What a configuration says, as `label` would be told it. */
export interface ConfiguredLabels {
  /** Folder of the project. */
  readonly folder: string;
  readonly stacks: readonly GivenStack[];
}

/** Reads a configuration. Flags that are given count. @throws {UserError} where it trains on nothing */
export async function configuredLabels({ flags }: Call, path: string): Promise<ConfiguredLabels> {
  const { train } = await loadConfiguration(path, flags);
  if (train.length === 0) {
    throw new UserError(`${path} has no train group, so no stack to label; give the stack itself`);
  }
  const twice = train.find(({ rawVolume }, place) =>
    train.findIndex((one) => one.rawVolume === rawVolume) < place
  );
  if (twice) {
    throw new UserError(
      `${path} trains on ${twice.rawVolume} twice, with other labels each time; a project has each stack once: ` +
        "remove one of the groups, or label the stack itself",
    );
  }
  const stem = parse(path).name;
  const folder = resolve(textOf(flags, "work") ?? join(dirname(resolve(path)), `${stem}-ccboost`));
  const stacks = train.map((one) => ({
    given: one.rawVolume,
    flags: new Map([...flagsOf(one), ...flags]),
    polarities: one.ccPolarity,
  }));
  return { folder, stacks };
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
