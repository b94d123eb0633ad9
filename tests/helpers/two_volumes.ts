/** Two generated volumes of different size, and a configuration that trains on both. */
import { encodeTiff } from "../../fixtures/tiff.ts";
import type { Xyz } from "../../src/config/settings.ts";
import type { Zyx } from "../../src/volume/region.ts";
import { generated } from "./generated.ts";

const ANISOTROPY = 2.5;
/** Blocks of the smallest shape there is for these volumes: 4 and 2 of them. */
export const CHUNKS: Zyx = [32, 64, 64];
export const SHAPES: readonly Zyx[] = [[34, 84, 60], [20, 70, 90]];

/** A volume as a configuration has it. */
interface Generated {
  readonly group: string;
  readonly polarity: string;
  /** A voxel of each synapse, x, y, z. */
  readonly places: readonly Xyz[];
  readonly labels: Uint8Array;
}

/** Writes `raw-i.tif` and `labels-i.tif`. */
export async function writeVolume(folder: string, index: number): Promise<Generated> {
  const shape = SHAPES[index] ?? [20, 70, 90];
  const { raw, labels, synapses } = generated({
    shape,
    anisotropy: ANISOTROPY,
    seed: index + 1,
    synapses: 3,
  });
  await Deno.writeFile(`${folder}/raw-${index}.tif`, encodeTiff(raw, shape));
  await Deno.writeFile(`${folder}/labels-${index}.tif`, encodeTiff(labels, shape));
  const places = synapses.map(({ position: [z, y, x] }) => [x, y, z] as const);
  const polarity = synapses.map(({ polarity }, i) =>
    `{ pos = [${places[i]?.join(", ")}]; polarity = [${polarity.join(", ")}]; }`
  ).join(", ");
  const group = `rawVolume = "raw-${index}.tif"; groundTruth = "labels-${index}.tif"; ` +
    `zAnisotropyFactor = ${ANISOTROPY.toFixed(1)}; ${CHANNELS}`;
  return { group, polarity, places, labels };
}

const CHANNELS = `otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"];`;

/** Writes both and `job.cfg`, which trains on them. @param asked whether the second has no polarities */
export async function writeTwoVolumes(folder: string, { asked = false } = {}): Promise<void> {
  const groups: string[] = [];
  for (const index of SHAPES.keys()) {
    const { group, polarity } = await writeVolume(folder, index);
    groups.push(`{ ${group} ${asked && index === 1 ? "" : `ccPolarity = (${polarity});`} }`);
  }
  await Deno.writeTextFile(
    `${folder}/job.cfg`,
    `outFileName = "out"; numStumps = 20; numWLToExplorePerIter = 60; candidatePoses = 12; borderMinDist = 4;
NegSampleProportion = 5.0; crossFitFolds = 3; outputFirstStage = true;
train = (${groups.join(", ")});
test = ( { rawVolume = "raw-0.tif"; ${CHANNELS} } );
`,
  );
}
