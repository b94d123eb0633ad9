/** Loads configurations given as text, for tests of settings. */
import assert from "node:assert/strict";
import { loadSettings, type Settings } from "../../src/config/settings.ts";
import { UserError } from "../../src/user_error.ts";

const FILES = ["/data/raw.tif", "/data/labels.tif", "/data/test.tif", "/data/model.cfg", "/data/extra.nrrd"];

interface Case {
  readonly overrides?: readonly string[];
  readonly files?: readonly string[];
}

/** Loads `/data/job.cfg` with the given text; of other files only `FILES` exist. */
export function load(text: string, { overrides = [], files = [] }: Case = {}): Promise<Settings> {
  return loadSettings("/data/job.cfg", {
    overrides,
    isKnownChannel: (stem) => /^(gradient-magnitude|gauss|stensor)-s[\d.]+(-r[\d.]+)?$/.test(stem),
    files: {
      readText: (path) => path === "/data/job.cfg" ? text : assert.fail(`read ${path}`),
      exists: (path) => [...FILES, ...files].includes(path),
    },
  });
}

/** The message of the error that loading gives. */
export async function failure(text: string, options: Case = {}): Promise<string> {
  try {
    await load(text, options);
  } catch (error) {
    assert(error instanceof UserError, `not a UserError: ${error}`);
    return error.message;
  }
  return assert.fail(`no error for ${text}`);
}

export const TRAIN = 'train = { rawVolume = "raw.tif"; groundTruth = "labels.tif"; };';
export const TEST = 'test = ( { rawVolume = "test.tif"; } );';
/** The least that is a whole configuration. */
export const SMALL = `outFileName = "out"; ${TRAIN} ${TEST}`;
