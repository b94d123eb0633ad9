/** What people read of the synapses that are asked about, and which still lack an answer. */
import type { PolarityComponent, PolarityVolume } from "../api.ts";

/** What is known of a synapse. `unneeded`: nothing is learned from it, as it lies too near the border of the volume. */
export type QuestionState = "open" | "answered" | "left out" | "configured" | "unneeded";

/** Tells a synapse from all others of a run; its number alone where it is in the first training volume. */
export function keyOf({ volume, id }: Pick<PolarityComponent, "volume" | "id">): string {
  return volume === 0 ? String(id) : `${volume}:${id}`;
}

/** What has the form of a key. */
export const KEY = /^(?:\d+:)?[1-9]\d*$/;

/** `synapse 3`, or of several training volumes `synapse 3 of training volume 1`. */
export function synapseName(
  { volume, id }: Pick<PolarityComponent, "volume" | "id">,
  volumes: readonly PolarityVolume[],
): string {
  return volumes.length > 1 ? `synapse ${id} of training volume ${volume}` : `synapse ${id}`;
}

/** What is known of each synapse. Which ones need no answer is known as soon as a volume has samples. */
export function questionStates(components: readonly PolarityComponent[]): ReadonlyMap<string, QuestionState> {
  const sampled = new Set(components.flatMap(({ volume, normal }) => normal === null ? [] : [volume]));
  return new Map(components.map((one) => [keyOf(one), stateOf(one, sampled.has(one.volume))]));
}

function stateOf(
  { configured, answer, leftOut, normal }: PolarityComponent,
  hasSamples: boolean,
): QuestionState {
  if (configured) return "configured";
  if (leftOut) return "left out";
  if (answer) return "answered";
  return hasSamples && !normal ? "unneeded" : "open";
}
