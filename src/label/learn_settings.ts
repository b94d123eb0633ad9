/** What a person may change of how a project learns, and what a run is to be told of it. */
import { parseChannelName } from "../channels/mod.ts";
import { DEFAULT_CHANNEL_STEMS, DEFAULT_ORIENTATION_SIGMA } from "../config/settings.ts";
import type { LearnSettings } from "./state.ts";

/** As a run does if its configuration tells nothing. */
export const USUAL_LEARNING: LearnSettings = {
  sigma: DEFAULT_ORIENTATION_SIGMA,
  supervoxel: 2,
  channels: DEFAULT_CHANNEL_STEMS,
};

/** Larger ones take far more memory, and find nothing that is smaller. */
export const MOST_SIGMA = 20, MOST_SUPERVOXEL = 4;
const MOST_CHANNELS = 32;

/** Whether these are settings that a project can learn with. */
export function isLearnSettings(value: unknown): value is LearnSettings {
  if (typeof value !== "object" || value === null) return false;
  const { sigma, supervoxel, channels, ...others } = value as Record<string, unknown>;
  return Object.keys(others).length === 0 && isSigma(sigma) && isSupervoxel(supervoxel) &&
    Array.isArray(channels) && channels.length <= MOST_CHANNELS &&
    new Set(channels).size === channels.length &&
    channels.every(isChannel);
}

export function isSigma(value: unknown): value is number {
  return typeof value === "number" && value >= 0.5 && value <= MOST_SIGMA;
}

export function isSupervoxel(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST_SUPERVOXEL;
}

/** Whether this names a channel of a scale that can be shown. */
export function isChannel(value: unknown): value is string {
  if (typeof value !== "string") return false;
  const channel = parseChannelName(value);
  if (!channel || channel.kind === "raw") return false;
  return channel.sigma <= MOST_SIGMA && (channel.kind !== "stensor" || channel.rho <= MOST_SIGMA);
}

/** The keys of a configuration that differ from the usual ones. */
export function learnValues(given: LearnSettings) {
  const { sigma, supervoxel } = given;
  const volume = {
    ...(sigma === USUAL_LEARNING.sigma ? {} : { orientEstimate: orientationName(sigma) }),
    ...(hasUsualChannels(given) ? {} : { otherFeatures: [...given.channels] }),
  };
  return { volume, ...(supervoxel === USUAL_LEARNING.supervoxel ? {} : { svox: { seed: supervoxel } }) };
}

function orientationName(sigma: number): string {
  return `hessOrient-s${Number.isInteger(sigma) ? sigma.toFixed(1) : sigma}-repolarized`;
}

function hasUsualChannels({ channels }: LearnSettings): boolean {
  return channels.join() === USUAL_LEARNING.channels.join();
}
