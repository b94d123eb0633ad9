/** A tiny volume with four annotated plates of known direction, for many quick runs. */
import { encodeTiff } from "../../fixtures/tiff.ts";
import { type Region, regionEnd, type Zyx } from "../../src/volume/region.ts";

/** Shape of the tiny volumes. */
export const TINY: Zyx = [20, 44, 48];

/** A dark plate with dots on one side, which stand for vesicles. */
interface Plate {
  readonly region: Region;
  /** Axis across the plate, as in `[z, y, x]`. */
  readonly axis: 1 | 2;
  /** Side of the dots. */
  readonly side: 1 | -1;
}

/** In raster order; the last one has 48 labelled voxels, the others 315. */
const PLATES: readonly Plate[] = [
  { region: { start: [6, 10, 6], shape: [7, 5, 9] }, axis: 1, side: 1 },
  { region: { start: [6, 10, 32], shape: [7, 9, 5] }, axis: 2, side: -1 },
  { region: { start: [7, 30, 10], shape: [7, 5, 9] }, axis: 1, side: -1 },
  { region: { start: [7, 32, 30], shape: [4, 3, 4] }, axis: 1, side: 1 },
];

/** Voxels of each plate's component. */
export const PLATE_VOXELS = PLATES.map(({ region: { shape: [z, y, x] } }) => z * y * x);

/** Entries of `ccPolarity`, in the order of the components. */
export const POLARITIES: readonly string[] = PLATES.map(({ region, axis, side }) => {
  const [z, y, x] = region.start.map((s, i) => s + Math.floor((region.shape[i] ?? 0) / 2));
  const polarity = axis === 1 ? [0, side, 0] : [side, 0, 0];
  return `{ pos = [${x}, ${y}, ${z}]; polarity = [${polarity}]; }`;
});

/** Intensities and labels, `[z, y, x]`: 255 on the plates, 128 within two voxels of them. */
export function tinyVolume(seed: number, shape: Zyx = TINY): { raw: Uint8Array; labels: Uint8Array } {
  const [nz, ny, nx] = shape;
  const raw = new Uint8Array(nz * ny * nx);
  const labels = new Uint8Array(nz * ny * nx);
  let random = seed * 2654435761 + 1;
  for (let i = 0; i < raw.length; i++) {
    random = Math.imul(random ^ (random >>> 15), 0x2c1b3c6d) + 0x9e3779b9 | 0;
    const x = i % nx, y = Math.floor(i / nx) % ny, z = Math.floor(i / (nx * ny));
    const noise = ((random >>> 8) & 15) - 8;
    let value = 140 + 14 * Math.sin(x / 5 + z / 7 + seed) + 14 * Math.cos(y / 6 + z / 4) + noise;
    for (const { region, axis, side } of PLATES) {
      const away = distances([z, y, x], region);
      const outside = Math.max(...away.map(({ outside }) => outside));
      if (outside === 0) value = 60 + noise;
      const across = away[axis];
      const beside = away.every(({ outside }, i) => i === axis || outside === 0);
      const isVesicle = beside && across !== undefined && across.side === side && across.outside > 1 &&
        across.outside < 8 && (x + 2 * y + 3 * z) % 4 === 0;
      if (isVesicle) value = 90 + noise;
      if (outside <= 2) labels[i] = outside === 0 ? 255 : 128;
    }
    raw[i] = Math.round(value);
  }
  return { raw, labels };
}

/** How far a voxel lies outside a region on each axis, and on which side. */
function distances(at: Zyx, region: Region) {
  const end = regionEnd(region);
  return ([0, 1, 2] as const).map((axis) => {
    const below = region.start[axis] - at[axis], above = at[axis] - end[axis] + 1;
    return { outside: Math.max(0, below, above), side: above > 0 ? 1 : below > 0 ? -1 : 0 };
  });
}

/** The configuration of the tiny job, without the keys that tests name themselves: one model, and nothing follows it. */
export const TINY_TEXT =
  `outFileName = "out"; numStumps = 12; numWLToExplorePerIter = 30; candidatePoses = 12;
borderMinDist = 3; minPosRegionSize = 10; NegSampleProportion = 4.0; seed = 1; crossFitFolds = 1;
train = {
  rawVolume = "raw.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 1.0;
  ccPolarity = (${POLARITIES.join(", ")}); otherFeatures = ["gradient-magnitude-s1.0"];
  orientEstimate = "hessOrient-s1.5-repolarized";
};
test = ( {
  rawVolume = "raw.tif"; otherFeatures = ["gradient-magnitude-s1.0"];
  orientEstimate = "hessOrient-s1.5-repolarized";
} );
`;

/** Settings with which the tiny job writes every file that a job can write, with a short training. */
export const WRITE_EVERYTHING: readonly string[] = [
  "saveTrainingWeights=true",
  "outputOrientationEstimate=true",
  "extra.saveTrainingFeatures=true",
  "extra.saveTestingFeatures=true",
  "train.groundTruthErodeRadius=1",
  "numStumps=4",
];

/** Writes `raw.tif`, `other.tif` (another raw volume), `labels.tif` and `job.cfg`. */
export async function writeTiny(folder: string, shape: Zyx = TINY): Promise<void> {
  const { raw, labels } = tinyVolume(1, shape);
  await Deno.writeFile(`${folder}/raw.tif`, encodeTiff(raw, shape));
  await Deno.writeFile(`${folder}/other.tif`, encodeTiff(tinyVolume(2, shape).raw, shape));
  await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, shape));
  await Deno.writeTextFile(`${folder}/job.cfg`, TINY_TEXT);
}
