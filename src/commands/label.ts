/** `ccboost label`: a stack, or a labelling project, on the page where it is painted. */
import { openFindAll } from "../label/find_all.ts";
import { startLearner } from "../label/learner.ts";
import { LEAST_LEARNING } from "../label/memory_shares.ts";
import { typedPath } from "../program_name.ts";
import type { Call, Command } from "./command.ts";
import { anisotropyFlag, labelsFlag, rescaleFlag, voxelSizeFlag } from "./flag_values.ts";
import { projectOf } from "./label_project.ts";
import { resourcesOf } from "./resource_flags.ts";
import { dashboardOptions, loadDashboard, onFreePort, SERVE_FLAGS, stopped, tellAddress } from "./serve.ts";
import { VOLUME_FLAGS, VOLUME_HELP } from "./volumes.ts";

/** What the server, the labels, and the thread that learns take beside what learning plans with: measured with dense labels, 130 to 240 MiB. */
const OWN_MEMORY = 256 * 2 ** 20;
const LEAST_MEMORY = LEAST_LEARNING + OWN_MEMORY;

export const labelCommand: Command = {
  name: "label",
  summary: "paint synapses on a web page",
  operands: [
    {
      name: "stack",
      help: `the EM volume: ${VOLUME_HELP}; or a configuration, or the folder of a labelling project`,
    },
    {
      name: "further",
      help: "further stacks of the project: what is painted in all of them teaches one model",
      isOptional: true,
      isRepeated: true,
    },
  ],
  flags: [
    ...SERVE_FLAGS,
    "work",
    "voxel-size",
    "anisotropy",
    "rescale",
    "import",
    "labels-are",
    ...VOLUME_FLAGS,
    "memory",
    "workers",
  ],
  flagHelp: {
    work: "folder of the project (default: <name>-ccboost next to the stack)",
    anisotropy: "voxel size in z divided by that in x and y (default: by the voxel size)",
    rescale:
      "values that become 0 and 255 (default if there are more than 8 bits: auto, percentiles 0.1 and 99.9)",
  },
  leastMemory: () => LEAST_MEMORY,
  description:
    "Opens a stack in the browser, to paint synapses and what is none. Every stroke is saved at once; undo has\n" +
    "no end. A stack that is not Zarr is first converted, into the project's folder. The same command, or one\n" +
    "with the project's folder, goes on where you were. Of a configuration, its training volumes are opened with\n" +
    "their labels and polarities. On the page, Find all searches the whole stack and lists its synapses.\n" +
    "Ctrl-C ends the server.",
  examples: [
    "label stack.tif",
    "label stack.tif --import labels.tif --labels-are ids",
    "label stack.tif --voxel-size 4,4,40",
    "label stack-ccboost",
    "label stack-ccboost another.tif",
  ],
  run: label,
};

async function label(call: Call): Promise<void> {
  // wrong flags are told before anything is converted
  dashboardOptions(call, "");
  for (const check of [rescaleFlag, voxelSizeFlag, anisotropyFlag, labelsFlag, resourcesOf]) {
    check(call.flags);
  }
  const { startDashboard } = await loadDashboard(call);
  const project = await projectOf(call);
  try {
    const { anisotropy } = project.state();
    const options = {
      ...dashboardOptions(call, project.served.root),
      isVolume: true,
      ...(anisotropy === null ? {} : { anisotropy }),
      label: project,
    };
    const { memory, ...others } = resourcesOf(call.flags);
    const resources = { ...others, memory: Math.max(1, memory - OWN_MEMORY) };
    const learner = startLearner(project, resources);
    try {
      const find = await openFindAll(project, learner, resources);
      const dashboard = await onFreePort({ ...options, learner, find }, startDashboard);
      call.reporter.message(`labels are saved in ${typedPath(project.folder)}`);
      tellAddress(call, `${dashboard.url}#/label`);
      await stopped(call.signal);
      await dashboard.close();
      await find.close();
    } finally {
      await learner.close();
    }
  } finally {
    await project.close();
  }
}
