/** The flags of the command line. */

/** A flag of any command; where it means more to one command, that says so in `flagHelp`. */
export interface Flag {
  /** What stands for the value in help texts; empty where the flag takes none. */
  readonly value: string;
  readonly help: string;
  /** What a message gives as an example of a value. */
  readonly example?: string;
  /** The only values that there are. */
  readonly choices?: readonly string[];
  readonly isRepeatable?: boolean;
  /** Not in help texts. */
  readonly isHidden?: boolean;
}

/** All flags, in the order of help texts. */
export const FLAGS = {
  memory: {
    value: "SIZE",
    help:
      "memory limit for the whole process (default: half of the machine's memory, or 90 % of a container's or job's limit)",
    example: "512MiB",
  },
  workers: {
    value: "N",
    help: "number of threads (default: one per processor core, fewer if memory is short); " +
      "0, for developers: compute in the main process",
    example: "4",
  },
  block: {
    value: "Z,Y,X",
    help: "size of the blocks in which volumes are computed, in voxels (default: what fits the memory)",
    example: "64,128,128",
  },
  seed: {
    value: "N",
    help: "random seed: the same seed gives the same result; same as --set seed=N",
    example: "1",
  },
  work: { value: "FOLDER", help: "work folder", example: "/scratch/ccboost" },
  set: {
    value: "KEY=VALUE",
    help: "set a key of the configuration; may be repeated",
    example: "numStumps=500",
    isRepeatable: true,
  },
  polarity: {
    value: "WHICH",
    help: "config: use ccPolarity (default); none: train without it",
    example: "none",
    choices: ["config", "none"],
  },
  "early-exit": {
    value: "SCORE",
    help: "faster: skip places that cannot reach this score; this score and higher ones are exact",
    example: "4.5",
  },
  sigma: {
    value: "S",
    help: "scale at which directions are measured, in voxels of x and y (default 3.5)",
    example: "5",
  },
  anisotropy: { value: "A", help: "voxel size in z divided by that in x and y (default 1)", example: "10" },
  "voxel-size": {
    value: "X,Y,Z",
    help: "voxel size in nm, if the file has none or a wrong one",
    example: "4,4,40",
  },
  channel: { value: "N", help: "channel to use if the volume has several, from 0", example: "1" },
  "time-point": { value: "N", help: "time point to use if the volume has several, from 0", example: "0" },
  region: {
    value: "Z:Z,Y:Y,X:X",
    help: "part to write: first:end on each axis, end not included; : means all",
    example: "0:50,100:600,:",
  },
  "as-listed": {
    value: "",
    help: "read slices in the order of their names, even if one seems to be missing or there twice",
  },
  "absent-403": {
    value: "",
    help:
      "take parts for which a web server answers 403 (forbidden) as empty: S3 may say so of parts that do not exist",
  },
  import: {
    value: "VOLUME",
    help: "label volume that a new project begins with; see --labels-are",
    example: "labels.tif",
  },
  reviewed: { value: "", help: "apply the review that was made on the page" },
  overwrite: { value: "", help: "replace existing outputs" },
  labels: {
    value: "",
    help: "the volume has labels: lower resolutions show the most frequent value, not the mean",
  },
  "labels-are": {
    value: "VALUES",
    help: "what label values mean: 0/255 (default), ids, binary, 1/2, 0,7/* or others",
    example: "ids",
  },
  threshold: { value: "SCORE", help: "minimum score of a synapse's voxels", example: "4.5" },
  model: {
    value: "FILE",
    help: "model that computed the scores; its threshold is used",
    example: "out-stumps.cfg",
  },
  "min-size": { value: "VOXELS", help: "minimum size of a synapse in voxels", example: "50" },
  orientation: {
    value: "FILE",
    help: "file with the directions, written by a run with outputOrientationEstimate = true",
    example: "out-0--predOrient.nrrd",
  },
  out: { value: "PREFIX", help: "beginning of the names of the output files", example: "results/out-0" },
  table: {
    value: "FILE",
    help: "table to show (default: the run's own)",
    example: "out-0-reviewed-synapses.csv",
  },
  url: {
    value: "ADDRESS",
    help: "address of the folder once it is on a web server (default http://localhost:8080)",
    example: "https://data.example.org/shown",
  },
  only: {
    value: "NAMES",
    help: "channels to write, separated by commas",
    example: "gradient-magnitude-s1.0,log-s2.0",
  },
  scales: {
    value: "S,S",
    help: "scales of the families in --only, in voxels of x and y",
    example: "1,1.6,3.5",
  },
  synapses: { value: "", help: "also compare whole synapses, at the threshold" },
  overlap: {
    value: "SHARE",
    help:
      "minimum overlap of matching synapses: voxels that both have, divided by voxels that either has (default: one voxel in common)",
    example: "0.5",
  },
  distance: {
    value: "LENGTH",
    help: "maximum distance between the centres of matching synapses, in voxels or as 200nm",
    example: "200nm",
  },
  curves: {
    value: "FILE",
    help: "write the precision-recall and ROC curves, as .csv or .json",
    example: "curves.csv",
  },
  html: {
    value: "FILE",
    help: "write a report with curves and pictures of the worst errors",
    example: "report.html",
  },
  raw: { value: "VOLUME", help: "the EM volume, for the pictures in the report", example: "test.tif" },
  type: {
    value: "TYPE",
    help: "uint8 or float32 (default: as in the file)",
    example: "float32",
    choices: ["uint8", "float32"],
  },
  rescale: {
    value: "LOW,HIGH",
    help: "values that become 0 and 255; auto: percentiles 0.1 and 99.9",
    example: "0,4095",
  },
  stage: { value: "STAGE", help: "stage: convert, samples, ...", example: "gather" },
  shard: { value: "I/N", help: "shard I (from 0) of N; auto/N: the scheduler provides I", example: "0/64" },
  engine: { value: "NAME", help: "slurm (default), or shell for a script to run here", example: "slurm" },
  tasks: { value: "N", help: "tasks per stage (default 8)", example: "64" },
  cpus: { value: "N", help: "processors, and threads, per task (default 4)", example: "16" },
  mem: {
    value: "SIZE",
    help: "memory per task, of which 90 % is used (default 2GiB per thread, at least 8GiB)",
    example: "32GiB",
  },
  time: { value: "TIME", help: "time limit per task, as for sbatch", example: "12:00:00" },
  partition: { value: "NAME", help: "partition of the cluster", example: "cpu" },
  account: { value: "NAME", help: "account to charge", example: "emlab" },
  "max-running": {
    value: "N",
    help: "maximum number of tasks at the same time (default: no limit)",
    example: "32",
  },
  shape: { value: "Z,Y,X", help: "size of a volume in voxels", example: "10000,10000,10000" },
  bandwidth: {
    value: "SIZE",
    help: "bytes per second of the shared file system (default 2GiB)",
    example: "10GiB",
  },
  nodes: { value: "N", help: "number of machines (default 1, without a scheduler)", example: "100" },
  serve: { value: "", help: "show the run on a web page" },
  port: { value: "N", help: "port of the page (default: 8080, or the next free one)", example: "8080" },
  host: {
    value: "ADDRESS",
    help:
      "address at which others reach the page (default 127.0.0.1: only this computer; for any other, a token is printed)",
    example: "0.0.0.0",
  },
  viewer: {
    value: "ORIGIN",
    help: "website that may read the volumes, such as that of Neuroglancer; may be repeated",
    example: "https://neuroglancer-demo.appspot.com",
    isRepeatable: true,
  },
  proxy: {
    value: "ADDRESS",
    help: "address at which a proxy that you trust shows the page; may be repeated",
    example: "https://hub.example.org/user/me/proxy/8080",
    isRepeatable: true,
  },
  "dry-run": { value: "", help: "print what would be done and what it needs; write nothing" },
  json: { value: "", help: "for scripts: print only JSON, one object per line" },
  quiet: { value: "", help: "print only results, no progress" },
  help: { value: "", help: "show this help" },
  version: { value: "", help: "show the version" },
  debug: { value: "", help: "show the stack trace of an error", isHidden: true },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof FLAGS;
