/** Answers on polarity that people gave while looking at the synapses: kept in the work folder, taken up by every run in it. */
import { join } from "node:path";
import { UserError } from "../../user_error.ts";
import { NO_SYNAPSES } from "../../config/settings.ts";
import type { CleftPolarity, TrainSettings, Xyz } from "../../config/settings_types.ts";
import type { ZarrVolume } from "../../volume/zarr/mod.ts";
import { isDirection } from "./directions.ts";
import { matchPolarity, type NamedComponent } from "./polarity.ts";
import { suffixOf } from "../../run/volume_suffix.ts";
import { writeFileAtomic } from "../../volume/file.ts";
import { ifThere } from "../../if_there.ts";

/** Name of the file of a training volume in the work folder. */
export const answersName = (index: number) => `polarity${suffixOf(index)}.json`;

/** Why a synapse is left out: which side has the vesicles cannot be told, or it is none. */
export type LeftOutReason = "cannot tell" | "no synapse";

/** A synapse that is not learned from. */
interface LeftOut {
  /** A voxel of it. */
  readonly pos: Xyz;
  readonly reason: LeftOutReason;
}

/** An answer, with the line that was shown when it was given: the answer says on which side of it the vesicles are. */
export interface PolarityAnswer extends CleftPolarity {
  /** Of length 1, x, y, z; side A is where it points to. Absent where nobody saw one. */
  readonly line?: Xyz;
}

interface Answers {
  readonly ccPolarity: readonly PolarityAnswer[];
  readonly leftOut: readonly LeftOut[];
}

/** Reads the answers in a work folder; none where there is no file. @throws {UserError} where the file is damaged */
export async function readAnswers(workFolder: string, index = 0): Promise<readonly PolarityAnswer[]> {
  return (await readAll(workFolder, index)).ccPolarity;
}

/** Reads which synapses are left out. @throws {UserError} where the file is damaged */
export async function readLeftOut(workFolder: string, index = 0): Promise<readonly LeftOut[]> {
  return (await readAll(workFolder, index)).leftOut;
}

async function readAll(workFolder: string, index: number): Promise<Answers> {
  const path = join(workFolder, answersName(index));
  const text = await ifThere(() => Deno.readTextFile(path));
  if (text === undefined) return { ccPolarity: [], leftOut: [] };
  const answers = parseAnswers(text);
  if (answers) return answers;
  throw new UserError(
    `${path} is damaged; expected { "ccPolarity": [{ "pos": [x, y, z], "polarity": [x, y, z] }], "leftOut": [] }: remove it`,
  );
}

/** Replaces the answers; the file is the old one or the new one, never a part of it. */
export async function writeAnswers(
  workFolder: string,
  answers: readonly PolarityAnswer[],
  leftOut: readonly LeftOut[] = [],
  index = 0,
): Promise<void> {
  const list = (entries: readonly unknown[]) =>
    entries.length === 0 ? "[]" : `[\n${entries.map((one) => `    ${JSON.stringify(one)}`).join(",\n")}\n  ]`;
  const text = `{\n  "ccPolarity": ${list(answers)},\n  "leftOut": ${list(leftOut)}\n}\n`;
  await writeFileAtomic(join(workFolder, answersName(index)), text);
}

/** The synapses to learn from, as `useSynapses` has them: those without the ones that answers leave out. */
export async function keptSynapses(
  workFolder: string,
  useSynapses: readonly number[],
  truth: {
    readonly components: ZarrVolume;
    readonly list: { readonly components: readonly { readonly id: number }[] };
  },
  index = 0,
): Promise<readonly number[]> {
  const out = await leftOutIds(await readLeftOut(workFolder, index), truth.components);
  if (out.size === 0) return useSynapses;
  const used = useSynapses.length > 0 ? useSynapses : truth.list.components.map(({ id }) => id);
  const kept = used.filter((id) => !out.has(id));
  return kept.length > 0 ? kept : NO_SYNAPSES;
}

/** Why each component is left out, by its number. */
export async function leftOutIds(
  leftOut: readonly LeftOut[],
  components: ZarrVolume,
): Promise<Map<number, LeftOutReason>> {
  const found = new Map<number, LeftOutReason>();
  for (const { pos, reason } of leftOut) {
    const entry: CleftPolarity = { pos, polarity: [1, 0, 0] };
    for (const id of (await matchPolarity([entry], components, () => {})).keys()) found.set(id, reason);
  }
  return found;
}

/** An entry as a configuration may have it: a voxel, and a direction of -1, 0 and 1, not all 0. */
function isPolarityEntry(value: unknown): value is CleftPolarity {
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
  index = 0,
): Promise<TrainSettings> {
  const answers = await readAnswers(workFolder, index);
  if (answers.length === 0) return train;
  const ignore = () => {};
  const known = await matchPolarity(train.ccPolarity, components, ignore);
  const added = new Map<number, CleftPolarity>();
  for (const { pos, polarity } of answers) { // without the line, on which no result depends
    const answer = { pos, polarity };
    for (const id of (await matchPolarity([answer], components, ignore)).keys()) {
      if (!known.has(id)) added.set(id, answer);
    }
  }
  const inOrder = [...added].sort(([a], [b]) => a - b).map(([, answer]) => answer);
  return { ...train, ccPolarity: [...train.ccPolarity, ...inOrder] };
}

function parseAnswers(text: string): Answers | undefined {
  try {
    const { ccPolarity, leftOut = [] } = JSON.parse(text) as Partial<Record<keyof Answers, unknown>>;
    const isWhole = Array.isArray(ccPolarity) && ccPolarity.every(isPolarityAnswer) &&
      Array.isArray(leftOut) &&
      leftOut.every(isLeftOut);
    return isWhole ? { ccPolarity, leftOut } : undefined;
  } catch (cause) {
    if (cause instanceof SyntaxError || cause instanceof TypeError) return undefined;
    throw cause;
  }
}

function isPolarityAnswer(value: unknown): value is PolarityAnswer {
  if (!isPolarityEntry(value)) return false;
  const { line } = value as { readonly line?: unknown };
  return line === undefined || isDirection(line);
}

function isLeftOut(value: unknown): value is LeftOut {
  if (typeof value !== "object" || value === null) return false;
  const { pos, reason } = value as { readonly pos?: unknown; readonly reason?: unknown };
  return isTriple(pos) && pos.every((n) => n >= 0) && isLeftOutReason(reason);
}

/** A reason that there is. */
export function isLeftOutReason(value: unknown): value is LeftOutReason {
  return value === "cannot tell" || value === "no synapse";
}

function isTriple(value: unknown): value is Xyz {
  return Array.isArray(value) && value.length === 3 && value.every(Number.isSafeInteger);
}

/** Whether an answer is still missing for one of the components. */
export async function lacksAnswers(
  workFolder: string,
  components: readonly Pick<NamedComponent, "position">[],
  index = 0,
): Promise<boolean> {
  const { ccPolarity, leftOut } = await readAll(workFolder, index);
  const answered = new Set([...ccPolarity, ...leftOut].map(({ pos }) => pos.join()));
  return components.some(({ position: [z, y, x] }) => !answered.has([x, y, z].join()));
}
