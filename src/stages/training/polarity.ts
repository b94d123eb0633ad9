/** Which way the clefts of the ground truth point (docs/algorithm.md, section 6). */
import { UserError } from "../../user_error.ts";
import type { CleftPolarity, Xyz } from "../../config/settings_types.ts";
import { chanceOf } from "../../supervoxels/identity.ts";
import { growRegion, voxelCount, type Zyx } from "../../volume/region.ts";
import { readRegion, type ZarrVolume } from "../../volume/zarr/mod.ts";
import { canonicalOrder, type SampleTable } from "./sample_table.ts";

/** How far, in voxels on each axis, an entry's position may lie from its component. */
const POSITION_TOLERANCE = 2;

/** Frames of a component that are compared with each other; of more, so many are taken at random. */
const MAX_COMPARED = 2048;

/** A component as `components.ts` lists it, as far as messages need it. */
export interface NamedComponent {
  readonly id: number;
  readonly voxels: number;
  /** A voxel of it, z, y, x. */
  readonly position: Zyx;
}

/**
 * Finds the component of every entry of `ccPolarity`.
 * @param onUnmatched is told of each entry without a component, which may have been eroded away or be too small; without it such an
 * entry is an error
 * @param group the name of the group that the entries are in
 * @returns the direction from cleft to vesicles (x, y, z) by component
 * @throws {UserError} for components with more than one entry
 */
export async function matchPolarity(
  entries: readonly CleftPolarity[],
  components: ZarrVolume,
  onUnmatched?: (message: string) => void,
  group = "train",
): Promise<Map<number, Xyz>> {
  const matched = new Map<number, Xyz>();
  const problems: string[] = [];
  for (const [index, { pos, polarity }] of entries.entries()) {
    const name = `${group}.ccPolarity[${index}] (pos = [${pos.join(",")}])`;
    const component = await nearestComponent(components, [pos[2], pos[1], pos[0]]);
    if (component === 0) {
      const message = `${name}: no labelled synapse within ${POSITION_TOLERANCE} voxels; move pos into one`;
      if (onUnmatched) onUnmatched(message);
      else problems.push(message);
    } else if (matched.has(component)) {
      problems.push(`${name}: synapse ${component} already has an entry; keep only one`);
    } else matched.set(component, polarity);
  }
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  return matched;
}

/**
 * The component nearest to a voxel, 0 where there is none in reach. Ties go to the lower number.
 * @param first the lowest number of a component
 */
export async function nearestComponent(components: ZarrVolume, at: Zyx, first = 1): Promise<number> {
  const tolerance: Zyx = [POSITION_TOLERANCE, POSITION_TOLERANCE, POSITION_TOLERANCE];
  const region = growRegion({ start: at, shape: [1, 1, 1] }, tolerance, components.shape);
  const values = new Uint32Array(voxelCount(region.shape));
  if (values.length === 0) return 0;
  await readRegion(components, region, values);
  let best = { component: 0, distance: Infinity };
  const [, ny, nx] = region.shape;
  for (const [i, component] of values.entries()) {
    if (component < first) continue;
    const z = region.start[0] + Math.floor(i / (nx * ny)) - at[0];
    const y = region.start[1] + (Math.floor(i / nx) % ny) - at[1];
    const x = region.start[2] + (i % nx) - at[2];
    const distance = x * x + y * y + z * z;
    if (distance < best.distance || (distance === best.distance && component < best.component)) {
      best = { component, distance };
    }
  }
  return best.component;
}

/** A component without an entry. */
export interface AskedComponent extends NamedComponent {
  /** Place of its volume in the list of training volumes. */
  readonly volume: number;
}

/** Components that a run trains on lack their polarity, which the user can give. */
export class MissingPolarityError extends UserError {
  /** `MissingPolarityError`. */
  override name = "MissingPolarityError";

  /** @param components those without an entry, in all volumes */
  constructor(message: string, readonly components: readonly AskedComponent[]) {
    super(message);
  }
}

/** What is known of the polarity of a volume's components. */
export interface KnownPolarity {
  /** Name of its group in the configuration. */
  readonly group: string;
  /** Place in the list of training volumes. */
  readonly index: number;
  /** Numbers of the components with samples. */
  readonly used: ReadonlySet<number>;
  /** Those with an entry. */
  readonly matched: ReadonlyMap<number, Xyz>;
  readonly components: readonly NamedComponent[];
  /** What is known of entries without a component, one of which may be meant for one that lacks an entry. */
  readonly unmatched: readonly string[];
}

/**
 * @throws {MissingPolarityError} that lists every component of any volume with samples but without an entry, each with a position to use
 */
export function requirePolarity(volumes: readonly KnownPolarity[]): void {
  const lacking = volumes.map(({ used, matched, components, ...volume }) => ({
    ...volume,
    used,
    missing: components.filter(({ id }) => used.has(id) && !matched.has(id)),
  })).filter(({ missing }) => missing.length > 0);
  if (lacking.length === 0) return;
  const without = lacking.map(({ group, used, missing, unmatched }) => {
    const lines = missing.map(({ id, voxels, position: [z, y, x] }) =>
      `  synapse ${id}: { pos = [${x},${y},${z}]; polarity = [ , , ]; }   # ${voxels} voxels`
    );
    return `${group}.ccPolarity has no entry for ${missing.length} of the ${used.size} labelled synapses to train on:\n` +
      [...lines, ...unmatched].join("\n");
  }).join("\n");
  throw new MissingPolarityError(
    `${without}\nadd an entry for each, with a polarity (-1, 0 or 1 for each axis) that points from the cleft ` +
      "towards the vesicles; or use --polarity none to train without polarity",
    lacking.flatMap(({ index: volume, missing }) => missing.map((component) => ({ ...component, volume }))),
  );
}

/**
 * Turns the frames of every component the way its entry says: the normal is the e3 with the largest sum of |dot products| with the
 * others, with the sign that agrees with the polarity; frames that disagree with it are flipped. Changes `samples.frames`.
 */
export function orientComponents(
  samples: SampleTable,
  matched: ReadonlyMap<number, Xyz>,
  seed: number,
): void {
  for (const [component, indices] of membersOf(samples)) {
    const polarity = matched.get(component);
    if (!polarity) continue;
    const compared = atMost(samples, indices, seed);
    const normal = commonNormal(samples.frames, compared);
    const sign = dot(normal, polarity) >= 0 ? 1 : -1;
    for (const i of indices) {
      if (sign * dot(e3Of(samples.frames, i), normal) < 0) flipFrame(samples.frames, i);
    }
  }
}

/** Samples by their component. They come in the order in which blocks finished, on which neither a tie nor a sum may depend. */
function membersOf(samples: SampleTable): Map<number, number[]> {
  const members = new Map<number, number[]>();
  for (const i of canonicalOrder(samples)) {
    const component = samples.components[i] ?? 0;
    if (component === 0) continue;
    const list = members.get(component);
    if (list) list.push(i);
    else members.set(component, [i]);
  }
  return members;
}

/** The direction across a component, as its samples have it. */
export interface ComponentNormal {
  /** Of length 1, x, y, z; one of its two signs. */
  readonly normal: Xyz;
  /** Mean of the absolute dot products of its samples' e3 with it: 1 where all are alike, 0.5 by chance. */
  readonly agreement: number;
}

/** The normals by which `orientComponents` turns frames. */
export function componentNormals(samples: SampleTable, seed: number): Map<number, ComponentNormal> {
  const normals = new Map<number, ComponentNormal>();
  for (const [component, indices] of membersOf(samples)) {
    const compared = atMost(samples, indices, seed);
    const normal = commonNormal(samples.frames, compared);
    const sum = compared.reduce((total, i) => total + Math.abs(dot(e3Of(samples.frames, i), normal)), 0);
    normals.set(component, { normal, agreement: sum / compared.length });
  }
  return normals;
}

/** Negates e1 and e3 of a sample; e1 follows from the others. */
export function flipFrame(frames: Float32Array, index: number): void {
  for (let k = index * 6 + 3; k < index * 6 + 6; k++) frames[k] = -(frames[k] ?? 0);
}

function atMost({ seeds, first }: SampleTable, indices: readonly number[], seed: number): readonly number[] {
  if (indices.length <= MAX_COMPARED) return indices;
  const chance = (i: number) => chanceOf(seed, "normal", seeds[i] ?? 0, first[i] ?? 0);
  return indices.map((i) => ({ i, chance: chance(i) })).sort((a, b) => a.chance - b.chance || a.i - b.i)
    .slice(0, MAX_COMPARED).map(({ i }) => i);
}

function commonNormal(frames: Float32Array, indices: readonly number[]): Xyz {
  const vectors = indices.map((i) => e3Of(frames, i));
  let best: Xyz = [0, 0, 1];
  let most = -1;
  for (const candidate of vectors) {
    const sum = vectors.reduce((total, other) => total + Math.abs(dot(candidate, other)), 0);
    if (sum > most) [most, best] = [sum, candidate];
  }
  return best;
}

function e3Of(frames: Float32Array, index: number): Xyz {
  const [x = 0, y = 0, z = 0] = frames.subarray(index * 6 + 3, index * 6 + 6);
  return [x, y, z];
}

function dot(a: Xyz, b: Xyz): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
