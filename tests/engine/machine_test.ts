import assert from "node:assert/strict";
import { cgroupMemory, lookAtMachine, type Machine } from "../../src/engine/machine.ts";
import { limitsOf } from "../../src/engine/default_limits.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;
const NONE_V1 = "9223372036854771712\n";

/** Files as the kernel shows them. */
function tree(files: Readonly<Record<string, string>>) {
  return (path: string) => files[path];
}

Deno.test("cgroupMemory() finds the least limit on the way up, in both versions", () => {
  const job = "/system.slice/slurmstepd.scope/job_7/step_batch/user/task_0";
  const cases: [name: string, files: Record<string, string>, expected: number | undefined][] = [
    ["nothing can be read", {}, undefined],
    ["version 2, no limit", {
      "/proc/self/cgroup": "0::/user.slice\n",
      "/sys/fs/cgroup/user.slice/memory.max": "max\n",
    }, undefined],
    ["version 2, own limit", {
      "/proc/self/cgroup": "0::/run.scope\n",
      "/sys/fs/cgroup/run.scope/memory.max": `${GIB}\n`,
    }, GIB],
    ["version 2, a limit three groups up, and a larger one below it", {
      "/proc/self/cgroup": `0::${job}\n`,
      [`/sys/fs/cgroup${job}/memory.max`]: "max\n",
      "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/step_batch/memory.max": `${8 * GIB}\n`,
      "/sys/fs/cgroup/system.slice/slurmstepd.scope/job_7/memory.max": `${4 * GIB}\n`,
      "/sys/fs/cgroup/system.slice/memory.max": "max\n",
    }, 4 * GIB],
    ["version 2 in a container, whose root is its own group", {
      "/proc/self/cgroup": "0::/\n",
      "/sys/fs/cgroup/memory.max": `${512 * MIB}\n`,
    }, 512 * MIB],
    ["version 1", {
      "/proc/self/cgroup": "5:devices:/\n4:cpu,memory:/a/b\n0::/\n",
      "/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": NONE_V1,
      "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": `${2 * GIB}\n`,
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": NONE_V1,
    }, 2 * GIB],
    ["version 1 in a container that sees the host's path", {
      "/proc/self/cgroup": "4:memory:/docker/0123\n",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": `${GIB}\n`,
    }, GIB],
    ["both versions at once, version 2 under unified", {
      "/proc/self/cgroup": "4:memory:/a\n0::/b\n",
      "/sys/fs/cgroup/memory/a/memory.limit_in_bytes": `${3 * GIB}\n`,
      "/sys/fs/cgroup/unified/b/memory.max": `${2 * GIB}\n`,
    }, 2 * GIB],
  ];
  for (const [name, files, expected] of cases) assert.equal(cgroupMemory(tree(files)), expected, name);
});

/** What is found with these sources, on a machine of 64 GiB and 16 processors unless they say otherwise. */
function found(
  { physical = 64 * GIB, ownLimit, files = {}, variables = {}, threads = 16 }: {
    physical?: number | undefined;
    ownLimit?: number;
    files?: Record<string, string>;
    variables?: Record<string, string>;
    threads?: number;
  },
): Machine {
  return lookAtMachine({
    physical: () => physical,
    ownLimit: () => ownLimit,
    readText: tree(files),
    variable: (name) => variables[name],
    threads: () => threads,
  });
}

Deno.test("lookAtMachine() takes the least of control groups' limits, and none that is no limit", () => {
  const files = { "/proc/self/cgroup": "0::/a\n", "/sys/fs/cgroup/a/memory.max": `${4 * GIB}\n` };
  assert.equal(found({ files }).cgroup, 4 * GIB);
  assert.equal(found({ files, ownLimit: 2 * GIB }).cgroup, 2 * GIB);
  assert.equal(found({ ownLimit: 2 ** 63 }).cgroup, undefined);
  assert.equal(found({ ownLimit: 0 }).cgroup, undefined, "systems without control groups");
  assert.equal(found({ ownLimit: 64 * GIB }).cgroup, undefined, "as much as the machine has");
});

Deno.test("lookAtMachine() reads what Slurm gives, by node or by processor", () => {
  const of = (variables: Record<string, string>) => {
    const { slurm, slurmThreads } = found({ variables });
    return [slurm, slurmThreads];
  };
  assert.deepEqual(of({}), [undefined, undefined]);
  assert.deepEqual(of({ SLURM_MEM_PER_NODE: "8192", SLURM_CPUS_PER_TASK: "4", SLURM_CPUS_ON_NODE: "8" }), [
    8 * GIB,
    4,
  ]);
  assert.deepEqual(of({ SLURM_MEM_PER_CPU: "1024", SLURM_CPUS_PER_TASK: "4" }), [4 * GIB, 4]);
  assert.deepEqual(of({ SLURM_MEM_PER_CPU: "1024", SLURM_CPUS_ON_NODE: "2" }), [2 * GIB, 2]);
  assert.deepEqual(of({ SLURM_MEM_PER_CPU: "1024" }), [16 * GIB, undefined]);
  assert.deepEqual(of({ SLURM_MEM_PER_NODE: "0", SLURM_CPUS_PER_TASK: "many" }), [undefined, undefined]);
});

Deno.test("limitsOf() chooses the least, and says in one line what and why", () => {
  const chosen = (sources: Parameters<typeof found>[0], given = {}) => limitsOf(given, found(sources)).chosen;
  assert.equal(
    chosen({}),
    "memory: 32 GiB, half of the machine's 64 GiB; threads: 16, all that the process may use",
  );
  assert.equal(
    chosen({ ownLimit: GIB, threads: 2 }),
    "memory: 922 MiB, 90 % of the 1 GiB that the control group allows; threads: 2, all that the process may use",
  );
  assert.equal(
    chosen({ ownLimit: 60 * GIB, threads: 2 }),
    "memory: 32 GiB, half of the machine's 64 GiB; threads: 2, all that the process may use",
    "of a limit near the machine's memory the machine's share is less",
  );
  assert.equal(
    chosen({ variables: { SLURM_MEM_PER_NODE: "10240", SLURM_CPUS_PER_TASK: "4" } }),
    "memory: 9 GiB, 90 % of the 10 GiB that Slurm gives; threads: 4, as given by Slurm",
  );
  assert.equal(
    chosen({ variables: { SLURM_CPUS_PER_TASK: "64" } }),
    "memory: 32 GiB, half of the machine's 64 GiB; threads: 16, all that the process may use",
  );
  assert.match(
    chosen({ physical: 2 * GIB }) ?? "",
    /^memory: 1 GiB, .*; threads: 5, of 16, as many as fit the/,
  );
  assert.equal(chosen({}, { memory: 4 * GIB, workers: 3 }), undefined);
  assert.equal(chosen({}, { memory: 4 * GIB }), "threads: 16, all that the process may use");
  assert.match(chosen({}, { workers: 3 }) ?? "", /^memory: 32 GiB, half of the machine's 64 GiB$/);
  const unknown = limitsOf({}, { ...found({}), physical: undefined });
  assert.equal(unknown.memory, 2 * GIB);
  assert.match(
    unknown.chosen ?? "",
    /^memory: 2 GiB, .*--allow-sys=systemMemoryInfo/,
  );
});

Deno.test("limitsOf() warns of a budget above what there is, and of no other", () => {
  const warning = (memory: number, sources: Parameters<typeof found>[0]) =>
    limitsOf({ memory }, found(sources)).warning;
  assert.equal(warning(64 * GIB, {}), undefined);
  assert.match(
    warning(65 * GIB, {}) ?? "none",
    /65 GiB of memory is more than the 64 GiB of the machine/,
  );
  assert.match(
    warning(65 * GIB, { ownLimit: GIB }) ?? "none",
    /more than the 1 GiB that the control group allows/,
  );
  assert.match(
    warning(9 * GIB, { variables: { SLURM_MEM_PER_NODE: "8192" } }) ?? "none",
    /the 8 GiB that Slurm gives/,
  );
  assert.equal(limitsOf({ memory: 2 ** 50 }, { ...found({}), physical: undefined }).warning, undefined);
});

Deno.test("lookAtMachine() heeds what this process may do, and asks nobody", () => {
  const { physical, cgroup, slurm, threads } = lookAtMachine(); // tests have neither permission
  assert.deepEqual([physical, cgroup, slurm], [undefined, undefined, undefined]);
  assert.equal(threads, navigator.hardwareConcurrency);
});
