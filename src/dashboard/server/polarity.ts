/** The question of polarity: the synapses of the ground truth, the answers so far, and taking one. */
import { join } from "node:path";
import { formatSettings, type Settings, type Xyz } from "../../config/settings.ts";
import { UserError } from "../../user_error.ts";
import type { Component } from "../../stages/components.ts";
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
import { exists } from "../../run/work_folder.ts";
import { openZarr } from "../../volume/zarr/mod.ts";
import type { PolarityComponent, PolarityState } from "../api.ts";
import type { RunModel } from "./run_model.ts";
import { writeFileAtomic } from "../../volume/file.ts";

/** Name of the copy of the configuration in the work folder. */
export const CONFIG_COPY = "config-with-polarity.cfg";

/** Path of the numbered synapses in the work folder. */
export const COMPONENTS = "ground-truth/components.zarr";

const NOTHING: PolarityState = {
  unavailable: "",
  components: [],
  componentsPath: COMPONENTS,
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
  const [train] = settings.train;
  if (!train) return unavailable("This run has no training volume, so there is nothing to ask.");
  const list = model.components();
  if (!list || !await exists(join(workFolder, COMPONENTS))) {
    return unavailable(
      "The labelled synapses have not been counted yet. Start the run; this page updates by itself.",
    );
  }
  const components = await withEntries(workFolder, settings, list);
  const raw = `volumes/${await inputArrayName(train.rawVolume, "raw", train)}`;
  const hasCopy = await exists(join(workFolder, CONFIG_COPY));
  return {
    unavailable: "",
    components,
    componentsPath: COMPONENTS,
    rawPath: await exists(join(workFolder, raw)) ? raw : "",
    anisotropy: train.zAnisotropyFactor,
    text: polarityText(components),
    configPath: hasCopy ? join(workFolder, CONFIG_COPY) : "",
  };
}

/** What may be said of a synapse: where its vesicles lie, why it is left out, or null to take that back. */
export type Answer = Xyz | LeftOutReason | null;

/** An answer, and the line that was shown when it was given. */
interface GivenAnswer {
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
  { id, answer, line }: GivenAnswer,
): Promise<void> {
  const { components, unavailable } = await polarityState(workFolder, model);
  if (unavailable !== "") throw new UserError(unavailable);
  const asked = components.find((component) => component.id === id);
  if (!asked) throw new UserError(`there is no synapse ${id}; there are ${components.length}`);
  if (asked.configured) {
    throw new UserError(`the polarity of synapse ${id} is set in the configuration; change it there`);
  }
  const answered = components.map((component) =>
    component.id === id
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
  await writeAnswers(workFolder, answers, leftOut);
  const settings = model.settings();
  if (settings) await writeFileAtomic(join(workFolder, CONFIG_COPY), configText(settings, answered));
}

/** The configuration with an entry for each synapse that has one. */
function configText(settings: Settings, components: readonly PolarityComponent[]): string {
  const [train] = settings.train;
  if (!train) return formatSettings(settings);
  const added = components.flatMap(({ pos, configured, answer }) =>
    !configured && answer ? [{ pos, polarity: answer }] : []
  );
  const isCut = components.some(({ leftOut }) => leftOut !== null);
  const useSynapses = isCut
    ? components.filter(({ leftOut }) => leftOut === null).map(({ id }) => id)
    : train.useSynapses;
  return formatSettings({
    ...settings,
    train: [{ ...train, useSynapses, ccPolarity: [...train.ccPolarity, ...added] }],
  });
}

async function withEntries(
  workFolder: string,
  { train: [train] }: Settings,
  list: readonly Component[],
): Promise<PolarityComponent[]> {
  const volume = await openZarr(join(workFolder, COMPONENTS));
  const ignore = () => {};
  const configured = new Map<number, Xyz>();
  // One by one, since two entries for one synapse are an error that the run itself tells.
  for (const entry of train?.ccPolarity ?? []) {
    for (const [id, polarity] of await matchPolarity([entry], volume, ignore)) configured.set(id, polarity);
  }
  const answered = new Map<number, PolarityAnswer>();
  for (const answer of await readAnswers(workFolder)) {
    for (const id of (await matchPolarity([answer], volume, ignore)).keys()) answered.set(id, answer);
  }
  const leftOut = await leftOutIds(await readLeftOut(workFolder), volume);
  const normals = await readDirections(workFolder, list);
  const used = new Set(train?.useSynapses);
  return list.filter(({ id }) => used.size === 0 || used.has(id)).map(({ id, voxels, position, box }) => ({
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
