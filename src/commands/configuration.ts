/** Reads a configuration; what people often give in its place is told in plain words. */
import { loadSettings, type Settings } from "../config/settings.ts";
import { readSmallText } from "../config/small_file.ts";
import { UserError } from "../user_error.ts";
import { commandLine } from "../program_name.ts";
import { fileState, isAFile } from "../volume/file.ts";
import { describeVolumeFile } from "../volume/open.ts";
import type { GivenFlags } from "./flags.ts";
import { settingsOptions } from "./run_settings.ts";
import { isWorkFolder } from "./scores_of.ts";
import { describeShape } from "../volume/region.ts";

/** Whether a path is that of a configuration, by its name. */
export function isConfiguration(given: string): boolean {
  return /\.(cfg|conf)$/i.test(given) && isAFile(given);
}

/** As `loadSettings` with the flags of the command. @throws {UserError} that says what was given instead of a configuration */
export async function loadConfiguration(path: string, flags: GivenFlags): Promise<Settings> {
  try {
    return await loadSettings(path, settingsOptions(flags));
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    const mistake = await mistakeWith(path);
    throw mistake === undefined ? cause : new UserError(mistake, { cause });
  }
}

const MOST_BYTES = 1 << 22;

/** A configuration to begin with. */
function template(volume: string): string {
  return [
    '  outFileName = "out";',
    "  train: {",
    `    rawVolume = "${volume}";`,
    '    groundTruth = "labels.tif";   // 255 on synapses, 0 where there is none, else unsure',
    "    zAnisotropyFactor = 1.0;      // voxel size in z over that in x and y",
    "  };",
    `  test = ( { rawVolume = "${volume}"; } );`,
  ].join("\n");
}

/** What was given in place of a configuration; undefined where it is one, with mistakes of its own. */
async function mistakeWith(path: string): Promise<string | undefined> {
  const isFile = isAFile(path);
  if (!isFile && fileState(path)?.isDirectory !== true) return undefined; // a device is not opened
  if (await isWorkFolder(path)) {
    return `${path} is the work folder of a run, not a configuration; to view it: ` +
      commandLine(["serve", path]);
  }
  const volume = await volumeText(path);
  if (volume !== undefined) {
    return `${path} is a volume (${volume}), not a configuration. To view it: ` +
      `${commandLine(["serve", path])}\nTo train on it, write a text file such as config.cfg and use ` +
      `that instead:\n\n${template(path)}\n\ndocs/first-hour.md explains it step by step`;
  }
  const blanks = isFile ? blankPolarities(readSmallText(path, MOST_BYTES, "a configuration file")) : [];
  if (blanks.length === 0) return undefined;
  const lines = blanks.length === 1 ? `line ${blanks[0]}` : `lines ${blanks.join(", ")}`;
  return `${path}: polarity = [ , , ] is not filled in yet, in ${lines}. Write three numbers, for x, y and z, that point from the cleft ` +
    "towards the vesicles, such as [0, -1, 0] if the vesicles are above the cleft on the screen. Or remove ccPolarity and answer by " +
    `clicking: ${commandLine(["run", path, "--serve"])}`;
}

async function volumeText(path: string): Promise<string | undefined> {
  try {
    const { format, shape } = await describeVolumeFile(path);
    return `${format.toUpperCase()}, ${describeShape(shape)}`;
  } catch (cause) {
    if (cause instanceof UserError) return undefined;
    throw cause;
  }
}

/** Lines, from 1, with a polarity of which no number was written. */
function blankPolarities(text: string): number[] {
  return text.split("\n").flatMap((line, i) => /polarity\s*=\s*\[[\s,]*\]/.test(line) ? [i + 1] : []);
}
