/** The question of polarity: the synapses of the ground truth, the answers so far, and taking one. */
import { join } from "node:path";
import {
  formatSettings,
  NO_SYNAPSES,
  type Settings,
  type TrainSettings,
  type Xyz,
} from "../../config/settings.ts";
import { UserError } from "../../user_error.ts";
import type { Component } from "../../stages/components.ts";
import { inputName } from "../../stages/input_files.ts";
import { inputArrayName } from "../../stages/inputs.ts";
import { readDirections, roundedDirection } from "../../stages/training/directions.ts";
import { matchPolarity } from "../../stages/training/polarity.ts";
import {
  leftOutIds,
  type LeftOutReason,
  type PolarityAnswer,
  readAnswers,
  readLeftOut,
  writeAnswers,
} from "../../stages/training/polarity_answers.ts";
import { groupOf, suffixOf } from "../../run/volume_suffix.ts";
import { exists } from "../../run/work_folder.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { PolarityComponent, PolarityState, PolarityVolume } from "../api.ts";
import type { RunModel } from "./run_model.ts";
import { writeFileAtomic } from "../../volume/file.ts";

/** Name of the copy of the configuration in the work folder. */
export const CONFIG_COPY = "config-with-polarity.cfg";

/** Path of the numbered synapses of a training volume in the work folder. */
export function componentsPath(index: number): string {
  return `ground-truth${suffixOf(index)}/components.zarr`;
}

const NOTHING: PolarityState = {
  unavailable: "",
  components: [],
  volumes: [],
  componentsPath: componentsPath(0),
  rawPath: "",
  anisotropy: 1,
  text: "",
  configPath: "",
};

/** What is asked and what is answered. */
export async function polarityState(workFolder: string, model: RunModel): Promise<PolarityState> {
  const settings = model.settings();
  const unavailable = (why: string) => ({ ...NOTHING, unavailable: why });
  if (!settings) {
    return unavailable(
      "There is no run in this folder yet. Start one; this page updates by itself.",
    );
  }
  const { train } = settings;
  const [first] = train;
  if (!first) return unavailable("This run has no training volume, so there is nothing to ask.");
  const components: PolarityComponent[] = [];
  const volumes: PolarityVolume[] = [];
  let isCounted = false;
  for (const [index, given] of train.entries()) {
    volumes.push(await volumeOf(workFolder, settings, given, index));
    const list = model.components(index);
    if (!list || !await exists(join(workFolder, componentsPath(index)))) continue;
    isCounted = true;
    components.push(...await withEntries(workFolder, given, list, index));
  }
  if (!isCounted) {
    return unavailable(
      "The labelled synapses have not been counted yet. Start the run; this page updates by itself.",
    );
  }
  const hasCopy = await exists(join(workFolder, CONFIG_COPY));
  return {
    unavailable: "",
    components,
    volumes,
    componentsPath: componentsPath(0),
    rawPath: volumes[0]?.rawPath ?? "",
    anisotropy: first.zAnisotropyFactor,
    text: textToPaste(components, volumes),
    configPath: hasCopy ? join(workFolder, CONFIG_COPY) : "",
  };
}

async function volumeOf(
  workFolder: string,
  settings: Settings,
  train: TrainSettings,
  index: number,
): Promise<PolarityVolume> {
  const raw = `volumes/${await inputArrayName(train.rawVolume, "raw", train)}`;
  return {
    group: groupOf(index, settings.train.length),
    name: inputName(settings, train.rawVolume),
    componentsPath: componentsPath(index),
    rawPath: await exists(join(workFolder, raw)) ? raw : "",
  };
}

/** What may be said of a synapse: where its vesicles lie, why it is left out, or null to take that back. */
export type Answer = Xyz | LeftOutReason | null;

/** An answer, and the line that was shown when it was given. */
interface GivenAnswer {
  /** Place of the synapse's volume in the list of training volumes. */
  readonly volume: number;
  readonly id: number;
  readonly answer: Answer;
  /** Of length 1, x, y, z; absent where none was shown. */
  readonly line?: Xyz | undefined;
}

/**
 * Keeps an answer, or takes it back, in the work folder, and writes the configuration with all entries beside it.
 * @throws {UserError} where there is no such synapse, or the configuration has an entry for it
 */
export async function answerPolarity(
  workFolder: string,
  model: RunModel,
  { volume, id, answer, line }: GivenAnswer,
): Promise<void> {
  const { components, volumes, unavailable } = await polarityState(workFolder, model);
  if (unavailable !== "") throw new UserError(unavailable);
  if (volume >= volumes.length) {
    throw new UserError(`there is no training volume ${volume}; there are ${volumes.length}, from 0`);
  }
  const own = components.filter((component) => component.volume === volume);
  const asked = own.find((component) => component.id === id);
  if (!asked) {
    const where = volumes.length === 1 ? "" : ` in training volume ${volume}`;
    throw new UserError(`there is no synapse ${id}${where}; there are ${own.length}`);
  }
  if (asked.configured) {
    throw new UserError(`the polarity of synapse ${id} is set in the configuration; change it there`);
  }
  const answered = own.map((component) =>
    component === asked
      ? {
        ...component,
        answer: typeof answer === "string" ? null : answer,
        leftOut: typeof answer === "string" ? answer : null,
        line: line ? roundedDirection(line) : null,
      }
      : component
  );
  const answers = answered.flatMap(({ pos, answer, line }) =>
    answer ? [{ pos, polarity: answer, ...(line ? { line } : {}) }] : []
  );
  const leftOut = answered.flatMap(({ pos, leftOut }) => leftOut ? [{ pos, reason: leftOut }] : []);
  await writeAnswers(workFolder, answers, leftOut, volume);
  const settings = model.settings();
  if (!settings) return;
  const all = [...components.filter((component) => component.volume !== volume), ...answered];
  await writeFileAtomic(join(workFolder, CONFIG_COPY), configText(settings, all));
}

/** The configuration with an entry for each synapse that has one. */
function configText(settings: Settings, components: readonly PolarityComponent[]): string {
  const train = settings.train.map((given, index) =>
    withAnswersOf(given, components.filter(({ volume }) => volume === index))
  );
  const [first, ...others] = train;
  const isCut = components.some(({ leftOut }) => leftOut !== null);
  // of a single volume it stands outside of the group, as in most configurations
  const all = first && others.length === 0 && isCut ? { useSynapses: first.useSynapses } : {};
  return formatSettings({ ...settings, ...all, train });
}

/** A training volume with an entry for each of its synapses that has one, and without those that are left out. */
function withAnswersOf(train: TrainSettings, components: readonly PolarityComponent[]): TrainSettings {
  const added = components.flatMap(({ pos, configured, answer }) =>
    !configured && answer ? [{ pos, polarity: answer }] : []
  );
  const isCut = components.some(({ leftOut }) => leftOut !== null);
  const kept = components.filter(({ leftOut }) => leftOut === null).map(({ id }) => id);
  const useSynapses = !isCut ? train.useSynapses : kept.length > 0 ? kept : NO_SYNAPSES;
  return { ...train, useSynapses, ccPolarity: [...train.ccPolarity, ...added] };
}

async function withEntries(
  workFolder: string,
  train: TrainSettings,
  list: readonly Component[],
  index: number,
): Promise<PolarityComponent[]> {
  const volume = await openZarr(join(workFolder, componentsPath(index)));
  const ignore = () => {};
  const configured = new Map<number, Xyz>();
  // One by one, since two entries for one synapse are an error that the run itself tells.
  for (const entry of train.ccPolarity) {
    for (const [id, polarity] of await matchPolarity([entry], volume, ignore)) configured.set(id, polarity);
  }
  const answered = new Map<number, PolarityAnswer>();
  for (const answer of await readAnswers(workFolder, index)) {
    for (const id of (await matchPolarity([answer], volume, ignore)).keys()) answered.set(id, answer);
  }
  const leftOut = await leftOutIds(await readLeftOut(workFolder, index), volume);
  const normals = await readDirections(workFolder, list, index);
  const used = new Set(train.useSynapses);
  return list.filter(({ id }) => used.size === 0 || used.has(id)).map(({ id, voxels, position, box }) => ({
    volume: index,
    id,
    voxels,
    pos: [position[2], position[1], position[0]],
    box,
    configured: configured.get(id) ?? null,
    answer: configured.has(id) || leftOut.has(id) ? null : answered.get(id)?.polarity ?? null,
    line: answered.get(id)?.line ?? null,
    leftOut: configured.has(id) ? null : leftOut.get(id) ?? null,
    normal: normals.get(id)?.normal ?? null,
    agreement: normals.get(id)?.agreement ?? null,
  }));
}

/** What to paste into the configuration; of several volumes each under the name of its group. */
function textToPaste(components: readonly PolarityComponent[], volumes: readonly PolarityVolume[]): string {
  if (volumes.length === 1) return polarityText(components);
  return volumes.map(({ group }, index) =>
    `# ${group}\n${polarityText(components.filter(({ volume }) => volume === index))}`
  ).join("\n\n");
}

/** `ccPolarity` as it stands in a configuration, with a blank for each synapse that lacks an entry. */
function polarityText(components: readonly PolarityComponent[]): string {
  const kept = components.filter(({ leftOut }) => leftOut === null);
  const lines = kept.map(({ id, pos, configured, answer, voxels }, i) => {
    const polarity = configured ?? answer;
    const comma = i + 1 < kept.length ? "," : "";
    return `  { pos = [${pos.join(", ")}]; polarity = [${polarity?.join(", ") ?? " , , "}]; }${comma}  # ` +
      `${id}, ${voxels} voxels`;
  });
  return `ccPolarity = (\n${lines.join("\n")}\n);`;
}
