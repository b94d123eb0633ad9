/** `ccboost label config.cfg`: the training volume of a configuration with its labels and polarities, as a project. */
import { basename, dirname, join, resolve } from "node:path";
import type { CleftPolarity, TrainSettings, Xyz } from "../config/settings.ts";
import type { NamedObject } from "../label/records.ts";
import { LABEL } from "../label/state.ts";
import { UserError } from "../user_error.ts";
import { isAFile } from "../volume/file.ts";
import { growRegion, voxelCount } from "../volume/region.ts";
import { readRegion, type ZarrVolume } from "../volume/zarr/mod.ts";
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

/** How far, in voxels, an entry's position may lie from its synapse, as in a run. */
const TOLERANCE = 2;

/** Whether a path is that of a configuration. */
export function isConfiguration(given: string): boolean {
  return /\.(cfg|conf)$/i.test(given) && isAFile(given);
}

/** Reads a configuration. Flags that are given count. @throws {UserError} where it trains on nothing */
export async function configuredLabels({ flags }: Call, path: string): Promise<ConfiguredLabels> {
  const { train } = await loadConfiguration(path, flags);
  if (!train) throw new UserError(`${path} has no train group, so no stack to label; give the stack itself`);
  const stem = basename(path).replace(/\.(cfg|conf)$/i, "");
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

/** The synapses of a new project with the polarities of the configuration. @param volume their labels */
export async function withPolarities(
  objects: readonly NamedObject[],
  volume: ZarrVolume,
  polarities: readonly CleftPolarity[],
): Promise<NamedObject[]> {
  const answers = new Map<number, Xyz>();
  for (const { pos: [x, y, z], polarity } of polarities) {
    const region = growRegion(
      { start: [z, y, x], shape: [1, 1, 1] },
      [TOLERANCE, TOLERANCE, TOLERANCE],
      volume.shape,
    );
    const values = new Uint32Array(voxelCount(region.shape));
    if (values.length === 0) continue;
    await readRegion(volume, region, values);
    let nearest = { id: 0, distance: Infinity };
    const [, height, width] = region.shape;
    for (const [i, id] of values.entries()) {
      const row = Math.floor(i / width);
      const distance = Math.hypot(
        region.start[0] + Math.floor(row / height) - z,
        region.start[1] + row % height - y,
        region.start[2] + i % width - x,
      );
      if (id >= LABEL.first && distance < nearest.distance) nearest = { id, distance };
    }
    if (nearest.id > 0) answers.set(nearest.id, polarity);
  }
  return objects.map((object) => ({ ...object, polarity: answers.get(object.id) ?? object.polarity }));
}
