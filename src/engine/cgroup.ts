/** The memory that control groups of Linux leave a process. */

/** Reads a small file; undefined where there is none, or where it may not be read. */
export type ReadText = (path: string) => string | undefined;

/** Where distributions mount the hierarchies. */
const MOUNT = "/sys/fs/cgroup";

/** What version 1 says where there is no limit is the largest multiple of a page that 63 bits hold. */
const NO_LIMIT = 2 ** 62;

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
