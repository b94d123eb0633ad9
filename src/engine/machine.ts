/** What of the machine this process may use. */
import process from "node:process";

/** Variables in which Slurm tells a job what it may use. */
export const SLURM_VARIABLES = [
  "SLURM_MEM_PER_NODE",
  "SLURM_MEM_PER_CPU",
  "SLURM_CPUS_PER_TASK",
  "SLURM_CPUS_ON_NODE",
] as const;

/** What of the machine this process may use. */
export interface Machine {
  /** Bytes of physical memory; undefined where Deno may not tell. */
  readonly physical: number | undefined;
  /** Bytes that its control groups leave it; undefined where they do not limit it, or that cannot be known. */
  readonly cgroup: number | undefined;
  /** Bytes that Slurm gives the job on this node; undefined outside of one, or where its variables may not be read. */
  readonly slurm: number | undefined;
  /** Threads that run at a time: the processors, as far as affinity and the control groups' quota leave them. */
  readonly threads: number;
  /** Processors that Slurm gives the task. */
  readonly slurmThreads: number | undefined;
}

/** Where it is looked up. */
interface MachineSources {
  readonly physical: () => number | undefined;
  /** Limit of the process's own control group, without those around it. */
  readonly ownLimit: () => number | undefined;
  readonly readText: ReadText;
  readonly variable: (name: typeof SLURM_VARIABLES[number]) => string | undefined;
  readonly threads: () => number;
}

const MIB = 2 ** 20;

/** What stands where there is no limit is larger: in version 1 of control groups the largest multiple of a page that 63 bits hold. */
const NO_LIMIT = 2 ** 62;

/** Looks what this process may use. What may not be read is undefined; nothing is asked of the user. */
export function lookAtMachine(sources: MachineSources = DENO): Machine {
  const physical = sources.physical();
  const limits = [sources.ownLimit() ?? 0, cgroupMemory(sources.readText) ?? 0]
    .filter((limit) => limit > 0 && limit < (physical ?? NO_LIMIT));
  const count = (name: typeof SLURM_VARIABLES[number]) => {
    const text = sources.variable(name) ?? "";
    return /^[1-9]\d{0,11}$/.test(text) ? Number(text) : undefined; // --mem=0 means all of the node
  };
  const threads = Math.max(1, sources.threads());
  const slurmThreads = count("SLURM_CPUS_PER_TASK") ?? count("SLURM_CPUS_ON_NODE");
  const [perNode, perCpu] = [count("SLURM_MEM_PER_NODE"), count("SLURM_MEM_PER_CPU")];
  const mebibytes = perNode ?? (perCpu && perCpu * (slurmThreads ?? threads));
  return {
    physical,
    cgroup: limits.length > 0 ? Math.min(...limits) : undefined,
    slurm: mebibytes && mebibytes * MIB,
    threads,
    slurmThreads,
  };
}

/**
 * Deno 2.9 reads /proc and /sys only where everything is allowed. Otherwise it tells the physical memory and the limit of the own control
 * group where `--allow-sys=systemMemoryInfo` is given. Its count of processors heeds affinity and quota by itself, without permission.
 */
const DENO: MachineSources = {
  physical: () => mayAskMemory() ? Deno.systemMemoryInfo().total : undefined,
  ownLimit: () => mayAskMemory() ? process.constrainedMemory() : undefined,
  readText(path) {
    if (!mayDoEverything()) return undefined;
    try {
      return Deno.readTextFileSync(path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound || cause instanceof Deno.errors.PermissionDenied) return;
      if (cause instanceof Deno.errors.NotCapable) return; // --deny-read
      throw cause;
    }
  },
  variable: (name) => isGranted({ name: "env", variable: name }) ? Deno.env.get(name) : undefined,
  threads: () => navigator.hardwareConcurrency,
};

function mayAskMemory(): boolean {
  return isGranted({ name: "sys", kind: "systemMemoryInfo" });
}

function mayDoEverything(): boolean {
  return (["read", "write", "net", "env", "sys", "run", "ffi"] as const).every((name) => isGranted({ name }));
}

/** Asked first, or Deno would ask its user. */
function isGranted(permission: Deno.PermissionDescriptor): boolean {
  return Deno.permissions.querySync(permission).state === "granted";
}

/** Reads a small file; undefined where there is none, or where it may not be read. */
type ReadText = (path: string) => string | undefined;

/** Where distributions mount the hierarchies. */
const MOUNT = "/sys/fs/cgroup";

/**
 * The least limit of the control groups of this process and of all that they are in, in bytes; undefined where none limits the memory, or
 * nothing can be read. Both versions, also at once. In a container the path may be that of the host: what of it is not there is passed over,
 * up to the root of what is mounted, which is the container's own group.
 */
export function cgroupMemory(readText: ReadText): number | undefined {
  const limits: number[] = [];
  // lines are "hierarchy:controllers:path"; version 2 has no controllers
  for (const line of (readText("/proc/self/cgroup") ?? "").split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === "") {
      limits.push(...limitsUpward(readText, MOUNT, path, "memory.max"));
      limits.push(...limitsUpward(readText, `${MOUNT}/unified`, path, "memory.max"));
    } else if (controllers.split(",").includes("memory")) {
      limits.push(...limitsUpward(readText, `${MOUNT}/memory`, path, "memory.limit_in_bytes"));
    }
  }
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** The limits of a group and of those around it. */
function limitsUpward(readText: ReadText, mount: string, path: string, name: string): number[] {
  const names = path.split("/").filter((part) => part !== "");
  const limits: number[] = [];
  for (let depth = names.length; depth >= 0; depth--) {
    const text = readText([mount, ...names.slice(0, depth), name].join("/"))?.trim() ?? "";
    const bytes = /^\d+$/.test(text) ? Number(text) : NO_LIMIT; // "max": none
    if (bytes > 0 && bytes < NO_LIMIT) limits.push(bytes);
  }
  return limits;
}
