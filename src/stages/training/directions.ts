/** Directions across the annotated synapses, which a run keeps in the work folder for people who answer on polarity or look at it later. */
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import type { Xyz } from "../../config/settings_types.ts";
import type { ComponentNormal, NamedComponent } from "./polarity.ts";
import { suffixOf } from "../../run/volume_suffix.ts";
import { writeFileAtomic } from "../../volume/file.ts";
import { ifThere } from "../../if_there.ts";

/** Name of the file of a training volume in the work folder. */
const directionsName = (index: number) => `directions${suffixOf(index)}.json`;

/** Digits of a direction that are written. */
const DIGITS = 4;

/** The direction across a synapse, and a voxel by which the synapse is found again. */
interface SynapseDirection extends ComponentNormal {
  readonly pos: Xyz;
}

/** Replaces the directions; the file is the old one or the new one, never a part of it. */
export async function writeDirections(
  workFolder: string,
  components: readonly NamedComponent[],
  normals: ReadonlyMap<number, ComponentNormal>,
  index = 0,
): Promise<void> {
  const lines = components.flatMap(({ id, position: [z, y, x] }) => {
    const known = normals.get(id);
    if (!known) return [];
    const normal = known.normal.map(rounded);
    return [`  ${JSON.stringify({ pos: [x, y, z], normal, agreement: rounded(known.agreement) })}`];
  });
  const text = lines.length === 0 ? "[]\n" : `[\n${lines.join(",\n")}\n]\n`;
  await writeFileAtomic(join(workFolder, directionsName(index)), text);
}

/**
 * Reads the directions of these components; empty before a run has found its samples. Components of other labels have none.
 * @throws {UserError} where the file is damaged
 */
export async function readDirections(
  workFolder: string,
  components: readonly NamedComponent[],
  index = 0,
): Promise<Map<number, ComponentNormal>> {
  const known = new Map((await readAll(workFolder, index)).map((one) => [one.pos.join(), one]));
  return new Map(components.flatMap(({ id, position: [z, y, x] }) => {
    const found = known.get([x, y, z].join());
    return found ? [[id, { normal: found.normal, agreement: found.agreement }] as const] : [];
  }));
}

/** A direction as it is written to a file. */
export function roundedDirection([x, y, z]: Xyz): Xyz {
  return [rounded(x), rounded(y), rounded(z)];
}

/** Whether a value is a direction `[x, y, z]` of about length 1. */
export function isDirection(value: unknown): value is Xyz {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isFinite) &&
    Math.abs(Math.hypot(...value as number[]) - 1) < 0.01;
}

async function readAll(workFolder: string, index: number): Promise<readonly SynapseDirection[]> {
  const path = join(workFolder, directionsName(index));
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return [];
  const list = parsed(text);
  if (Array.isArray(list) && list.every(isEntry)) return list;
  throw new UserError(
    `${path} is damaged; remove it: directions are then estimated from the shapes of the labels`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined;
    throw cause;
  }
}

function isEntry(value: unknown): value is SynapseDirection {
  if (typeof value !== "object" || value === null) return false;
  const { pos, normal, agreement } = value as Record<string, unknown>;
  return Array.isArray(pos) && pos.length === 3 && isDirection(normal) && typeof agreement === "number";
}

function rounded(value: number): number {
  return Math.round(value * 10 ** DIGITS) / 10 ** DIGITS;
}
