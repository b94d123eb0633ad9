/** Answers on polarity that people gave while looking at the synapses: kept in the work folder, taken up by every run in it. */
import { join } from "node:path";
import { UserError } from "../../config/user_error.ts";
import type { CleftPolarity, TrainSettings, Xyz } from "../../config/settings_types.ts";
import { writeFileAtomic } from "../../engine/mod.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { matchPolarity, type NamedComponent } from "./polarity.ts";

/** Name of the file in the work folder. */
export const ANSWERS_NAME = "polarity.json";

/** Reads the answers in a work folder; none where there is no file. @throws {UserError} where the file is damaged */
export async function readAnswers(workFolder: string): Promise<readonly CleftPolarity[]> {
  const path = join(workFolder, ANSWERS_NAME);
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw cause;
  }
  const answers = parseAnswers(text);
  if (answers) return answers;
  throw new UserError(
    `${path} is damaged; expected { "ccPolarity": [{ "pos": [x, y, z], "polarity": [x, y, z] }] }: remove it`,
  );
}

/** Replaces the answers; the file is the old one or the new one, never a part of it. */
export async function writeAnswers(workFolder: string, answers: readonly CleftPolarity[]): Promise<void> {
  const lines = answers.map((answer) => `    ${JSON.stringify(answer)}`);
  const text = `{\n  "ccPolarity": [\n${lines.join(",\n")}\n  ]\n}\n`;
  await writeFileAtomic(join(workFolder, ANSWERS_NAME), text);
}

/** An entry as a configuration may have it: a voxel, and a direction of -1, 0 and 1, not all 0. */
export function isPolarityEntry(value: unknown): value is CleftPolarity {
  if (typeof value !== "object" || value === null) return false;
  const { pos, polarity } = value as { readonly pos?: unknown; readonly polarity?: unknown };
  return isTriple(pos) && pos.every((n) => n >= 0) && isPolarity(polarity);
}

/** A direction of -1, 0 and 1, not all 0. */
export function isPolarity(value: unknown): value is Xyz {
  return isTriple(value) && value.every((n) => Math.abs(n) <= 1) && value.some((n) => n !== 0);
}

/**
 * The settings with an entry for each component that only an answer tells of; where the configuration has an entry, that counts.
 * Answers of which no component is left are not used.
 */
export async function withAnswers(
  workFolder: string,
  train: TrainSettings,
  components: ZarrVolume,
): Promise<TrainSettings> {
  const answers = await readAnswers(workFolder);
  if (answers.length === 0) return train;
  const ignore = () => {};
  const known = await matchPolarity(train.ccPolarity, components, ignore);
  const added = new Map<number, CleftPolarity>();
  for (const answer of answers) {
    for (const id of (await matchPolarity([answer], components, ignore)).keys()) {
      if (!known.has(id)) added.set(id, answer);
    }
  }
  const inOrder = [...added].sort(([a], [b]) => a - b).map(([, answer]) => answer);
  return { ...train, ccPolarity: [...train.ccPolarity, ...inOrder] };
}

function parseAnswers(text: string): readonly CleftPolarity[] | undefined {
  try {
    const { ccPolarity } = JSON.parse(text) as { readonly ccPolarity?: unknown };
    return Array.isArray(ccPolarity) && ccPolarity.every(isPolarityEntry) ? ccPolarity : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

function isTriple(value: unknown): value is Xyz {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isSafeInteger);
}

/** Whether an answer is still missing for one of the components. */
export async function lacksAnswers(
  workFolder: string,
  components: readonly Pick<NamedComponent, "position">[],
): Promise<boolean> {
  const answers = await readAnswers(workFolder);
  const answered = new Set(answers.map(({ pos }) => pos.join()));
  return components.some(({ position: [z, y, x] }) => !answered.has([x, y, z].join()));
}
