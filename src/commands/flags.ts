/** The flags of the command line, and how arguments are divided into flags and operands. */
import { parseArgs } from "node:util";
import { nearestName } from "../config/nearest_name.ts";
import { UserError } from "../user_error.ts";

/** A flag of any command; it means the same wherever it is taken. */
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
    help: "most memory of the whole process (default: half of the machine's, or 90 % of a limit)",
    example: "512MiB",
  },
  workers: {
    value: "N",
    help: "threads that compute (default: one a processor, or fewer where memory is short)",
    example: "4",
  },
  block: { value: "Z,Y,X", help: "size of a block in voxels (default: what fits)", example: "64,128,128" },
  seed: { value: "N", help: "seed of all that is random; same as --set seed=N", example: "1" },
  work: { value: "FOLDER", help: "folder for work in progress", example: "/scratch/ccboost" },
  set: {
    value: "KEY=VALUE",
    help: "set a key of the configuration; may be repeated",
    example: "numStumps=500",
    isRepeatable: true,
  },
  polarity: {
    value: "WHICH",
    help: "config: as ccPolarity says (default); none: as estimated",
    example: "none",
    choices: ["config", "none"],
  },
  "early-exit": {
    value: "SCORE",
    help: "leave what cannot reach this score; exact from there on",
    example: "4.5",
  },
  sigma: { value: "S", help: "scale of the orientation in x/y voxels (default 3.5)", example: "5" },
  anisotropy: { value: "A", help: "voxel size in z over voxel size in x and y (default 1)", example: "10" },
  "voxel-size": {
    value: "X,Y,Z",
    help: "size of a voxel in nm, where the file does not tell it or is wrong",
    example: "4,4,40",
  },
  channel: { value: "N", help: "which channel of a volume that has several, from 0", example: "1" },
  "time-point": {
    value: "N",
    help: "which point of time of a volume that has several, from 0",
    example: "0",
  },
  region: {
    value: "Z:Z,Y:Y,X:X",
    help: "this part only: first:end on each axis, without the end; : alone is all",
    example: "0:50,100:600,:",
  },
  "as-listed": { value: "", help: "files of slices are a stack, though one seems missing or twice" },
  "absent-403": {
    value: "",
    help: "what a web server forbids (403) is absent: of stores that say so of absent chunks",
  },
  overwrite: { value: "", help: "replace an output that exists" },
  labels: { value: "", help: "voxels are labels: lower resolutions show the most frequent, not the mean" },
  "labels-are": {
    value: "VALUES",
    help: "what labels mean: 0/255 (default), ids, binary, 1/2, 0,7/* and others",
    example: "ids",
  },
  threshold: {
    value: "SCORE",
    help: "least score of a synapse (default: the model's; of evaluate that of the best F1)",
    example: "4.5",
  },
  model: { value: "FILE", help: "model that gave the scores, for its threshold", example: "out-stumps.cfg" },
  "min-size": {
    value: "VOXELS",
    help: "least voxels of a synapse (default 100; of evaluate 1)",
    example: "50",
  },
  orientation: {
    value: "FILE",
    help: "which way voxels point, as outputOrientationEstimate writes it",
    example: "out-0--predOrient.nrrd",
  },
  out: { value: "PREFIX", help: "how the names of the output files begin", example: "results/out-0" },
  only: {
    value: "NAMES",
    help: "these only, separated by commas",
    example: "gradient-magnitude-s1.0,log-s2.0",
  },
  scales: { value: "S,S", help: "scales of the families in --only, in x/y voxels", example: "1,1.6,3.5" },
  synapses: { value: "", help: "judge whole synapses too, at the threshold" },
  overlap: {
    value: "SHARE",
    help: "a synapse is found from this intersection over union on (default: one voxel)",
    example: "0.5",
  },
  distance: {
    value: "LENGTH",
    help: "a synapse is found up to this distance of centroids, in voxels or such as 200nm",
    example: "200nm",
  },
  curves: { value: "FILE", help: "write points of the curves, as .csv or .json", example: "curves.csv" },
  html: { value: "FILE", help: "write a page with curves and the worst errors", example: "report.html" },
  raw: { value: "VOLUME", help: "the EM volume, for the pictures of the page", example: "test.tif" },
  type: {
    value: "TYPE",
    help: "uint8 or float32 (default: as the file has it)",
    example: "float32",
    choices: ["uint8", "float32"],
  },
  rescale: {
    value: "LOW,HIGH",
    help: "values that become 0 and 255; auto: the percentiles 0.1 and 99.9",
    example: "0,4095",
  },
  stage: { value: "STAGE", help: "stage to work on: convert, samples, ...", example: "gather" },
  shard: {
    value: "I/N",
    help: "shard I, from 0, of N; auto/N takes I from the scheduler",
    example: "0/64",
  },
  engine: {
    value: "NAME",
    help: "slurm, or shell for a script that does it here (default slurm)",
    example: "slurm",
  },
  tasks: { value: "N", help: "tasks of each stage (default 8)", example: "64" },
  cpus: { value: "N", help: "processors of a task, one thread each (default 4)", example: "16" },
  mem: {
    value: "SIZE",
    help: "memory of a task, of which 90 % are used (default 2GiB a thread, at least 8GiB)",
    example: "32GiB",
  },
  time: { value: "TIME", help: "longest time of a task, as sbatch takes it", example: "12:00:00" },
  partition: { value: "NAME", help: "partition of the cluster", example: "cpu" },
  account: { value: "NAME", help: "account that pays", example: "emlab" },
  "max-running": {
    value: "N",
    help: "tasks at a time (default: as many as the cluster lets run)",
    example: "32",
  },
  shape: { value: "Z,Y,X", help: "size of a volume in voxels", example: "10000,10000,10000" },
  bandwidth: {
    value: "SIZE",
    help: "bytes a second of the common file system (default 2GiB)",
    example: "10GiB",
  },
  nodes: { value: "N", help: "machines (default 1: what ccboost run takes)", example: "100" },
  serve: { value: "", help: "show the run on a web page" },
  port: { value: "N", help: "port of the page (default 8080, or the next that is free)", example: "8080" },
  host: {
    value: "ADDRESS",
    help: "address to listen on (default 127.0.0.1; another needs the token that is printed)",
    example: "0.0.0.0",
  },
  viewer: {
    value: "ORIGIN",
    help: "let a viewer on this site read the arrays; may be repeated",
    example: "https://neuroglancer-demo.appspot.com",
    isRepeatable: true,
  },
  proxy: {
    value: "ADDRESS",
    help: "where a proxy that you trust shows the page, with its path; may be repeated",
    example: "https://hub.example.org/user/me/proxy/8080",
    isRepeatable: true,
  },
  "dry-run": { value: "", help: "say what would be done and what it takes, write nothing" },
  json: { value: "", help: "one JSON object a line on standard output, nothing else" },
  quiet: { value: "", help: "no progress, only results" },
  help: { value: "", help: "show this help" },
  version: { value: "", help: "show the version" },
  debug: { value: "", help: "show where an internal failure came from", isHidden: true },
} as const satisfies Record<string, Flag>;

export type FlagName = keyof typeof FLAGS;

/** Flags that every command takes. */
export const COMMON_FLAGS: readonly FlagName[] = ["json", "quiet", "help", "version", "debug"];

/** The flags of a command line with their values, in the order given; a flag without a value has an empty one. */
export type GivenFlags = ReadonlyMap<FlagName, readonly string[]>;

/** Arguments divided into flags and the rest, nothing checked against a command yet. */
export interface DividedArguments {
  readonly operands: readonly string[];
  readonly flags: GivenFlags;
  /** As written, such as `--memroy`. */
  readonly unknown: readonly string[];
  /** What follows `--`. */
  readonly rest: readonly string[];
}

const SHORT: Readonly<Record<string, FlagName>> = { h: "help" };

/** Details of a flag as of any other. */
export function flagDetails(name: FlagName): Flag {
  return FLAGS[name];
}

/**
 * Divides arguments. Flags may stand anywhere; what follows `--` is no flag.
 * @throws {UserError} where a flag lacks its value or has one that it does not take
 */
export function divideArguments(args: readonly string[]): DividedArguments {
  const names = Object.keys(FLAGS).filter(isFlagName);
  const options = Object.fromEntries(names.map((name) => [name, {
    type: flagDetails(name).value === "" ? "boolean" as const : "string" as const,
  }]));
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const operands: string[] = [];
  const end = tokens.find((token) => token.kind === "option-terminator")?.index ?? args.length;
  const flags = new Map<FlagName, string[]>();
  const unknown: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional" && token.index < end) operands.push(token.value);
    if (token.kind !== "option") continue;
    const name = token.rawName.startsWith("--") ? token.name : SHORT[token.name];
    if (name === undefined || !isFlagName(name)) {
      unknown.push(token.rawName);
      continue;
    }
    // A flag where a value should be is a value forgotten; `--set=--x` can still be written.
    const isForgotten = !token.inlineValue && token.value?.startsWith("--");
    checkValue(name, token.rawName, isForgotten ? undefined : token.value);
    const value = token.value ?? "";
    const given = flags.get(name);
    if (given && flagDetails(name).isRepeatable) given.push(value);
    else flags.set(name, [value]);
  }
  return { operands, flags, unknown, rest: args.slice(end + 1) };
}

function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}

function checkValue(name: FlagName, rawName: string, found: string | undefined): void {
  const { value, example } = flagDetails(name);
  if (value === "" && found !== undefined) {
    throw new UserError(`${rawName} takes no value, found ${JSON.stringify(found)}; leave the value out`);
  }
  if (value !== "" && (found === undefined || found === "")) {
    throw new UserError(`${rawName} needs a value; write for example --${name} ${example}`);
  }
}

/**
 * @param taken flags that the command takes
 * @param command how messages call it
 * @throws {UserError} for the first flag that it does not take
 */
export function requireKnownFlags(
  { flags, unknown }: DividedArguments,
  taken: readonly FlagName[],
  command: string,
): void {
  const [misspelt] = unknown;
  if (misspelt !== undefined) {
    const visible = taken.filter((name) => !flagDetails(name).isHidden);
    const nearest = nearestName(misspelt.replace(/^-+/, ""), visible);
    const advice = nearest ? `did you mean --${nearest}?` : `see ccboost help ${command}`;
    throw new UserError(`there is no flag ${misspelt}; ${advice}`);
  }
  for (const name of flags.keys()) {
    if (taken.includes(name)) continue;
    throw new UserError(`ccboost ${command} does not take --${name}; see ccboost help ${command}`);
  }
}
