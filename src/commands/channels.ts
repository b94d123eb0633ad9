/** `ccboost channels`: the channels and the orientation of a volume as files. */
import { MAX_SIGMA } from "../channels/mod.ts";
import { formatBytes, formatDuration } from "../engine/mod.ts";
import { channelList } from "../stages/channel_list.ts";
import { writeChannels } from "../stages/channels.ts";
import { readingMemory } from "../volume/open.ts";
import { type Call, type Command, operandAt } from "./command.ts";
import { anisotropyFlag, numberOf, readNumber, rescaleFlag, textOf } from "./flag_values.ts";
import { resourcesOf, tellDefaults } from "./resource_flags.ts";
import { VOLUME_FLAGS, VOLUME_HELP, volumeAt } from "./volumes.ts";

export const channelsCommand: Command = {
  name: "channels",
  summary: "write the filtered images (channels) and directions that a run computes",
  operands: [
    { name: "volume", help: VOLUME_HELP },
    { name: "folder", help: "folder for the NRRD files; created if necessary" },
  ],
  flags: [
    ...VOLUME_FLAGS,
    "overwrite",
    "sigma",
    "anisotropy",
    "rescale",
    "only",
    "scales",
    "memory",
    "workers",
    "block",
  ],
  description: "Writes filtered images (channels) of a volume as NRRD files, to look at, or for other\n" +
    "programs. A run computes its channels itself and does not need these files. By default they are\n" +
    "those that a run uses, and the three directions at each voxel (hessOrient-s3.5-repolarized).\n" +
    "--only chooses others: a name with its scale, such as log-s2.0, or a family, such as log, which is\n" +
    "written once for each of --scales. docs/channels.md describes them all.\n" +
    "Existing files are replaced only with --overwrite.",
  examples: [
    "channels volume.tif channels",
    "channels volume.tif channels --only gauss,hessian,stensor --scales 1,1.6,3.5",
    "channels volume.tif channels --anisotropy 10 --only log-s2.0,hessOrient-s5.0-repolarized",
  ],
  leastMemory: (_flags, [input = ""]) => readingMemory([input]),
  run: channels,
};

const LEAST_SIGMA = 0.1;

async function channels(call: Call): Promise<void> {
  const { flags, reporter, signal, line } = call;
  const sigma = numberOf(flags, "sigma", { from: LEAST_SIGMA, to: MAX_SIGMA });
  const names = textOf(flags, "only")?.split(",").map((name) => name.trim());
  const scales = textOf(flags, "scales")?.split(",")
    .map((text) => readNumber("--scales", text.trim(), { from: LEAST_SIGMA, to: MAX_SIGMA }));
  tellDefaults(call);
  const begin = performance.now();
  const files = await writeChannels({
    volume: volumeAt(call, 0),
    folder: operandAt(call, 1),
    replaces: flags.has("overwrite"),
    anisotropy: anisotropyFlag(flags),
    rescale: rescaleFlag(flags),
    channels: channelList({ sigma, names, scales }),
    resources: resourcesOf(flags),
    reporter,
    signal,
    command: line,
  });
  const seconds = (performance.now() - begin) / 1000;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const lines = files.map(({ path, components }) => `${path}: ${components} x float32 per voxel`);
  reporter.result(
    [...lines, `wrote ${files.length} files, ${formatBytes(bytes)}, in ${formatDuration(seconds)}`].join(
      "\n",
    ),
    { files: files.map((file) => ({ ...file })), bytes, seconds },
  );
}
