/** How much of the time of something each kernel takes. */
import type { KernelExports, Kernels } from "../src/kernels/mod.ts";
import { type Measurement, median, timeRuns } from "./measure.ts";

/** Kernels with a smaller share are one line. */
const LEAST_SHARE = 0.005;

/** Milliseconds by kernel. */
type Profile = ReadonlyMap<string, number>;

/** Kernels that tell where their time went. */
export interface TimedKernels {
  readonly kernels: Kernels;
  /** Milliseconds by kernel; grows with every call. */
  readonly times: Map<string, number>;
}

/** Kernels that add up the milliseconds spent in each of them. */
export function timedKernels({ run, arena }: Kernels): TimedKernels {
  const times = new Map<string, number>();
  const timed = Object.entries(run).map(([name, f]: [string, unknown]) => {
    if (typeof f !== "function") return [name, f];
    return [name, (...args: readonly number[]) => {
      const begin = performance.now();
      const result: unknown = f(...args);
      times.set(name, (times.get(name) ?? 0) + performance.now() - begin);
      return result;
    }];
  });
  return { kernels: { run: Object.fromEntries(timed) as unknown as KernelExports, arena }, times };
}

/** Times runs with these kernels, and what each kernel takes of them. */
export async function profileRuns(
  name: string,
  repeat: number,
  { times }: TimedKernels,
  run: () => unknown,
): Promise<{ readonly seconds: readonly number[]; readonly shares: readonly Measurement[] }> {
  const profiles: Profile[] = [];
  const seconds = await timeRuns(repeat, async () => {
    times.clear();
    await run();
    profiles.push(new Map(times));
  });
  return { seconds, shares: sharesOf(name, seconds, profiles) };
}

/** A line for each kernel that matters, one for the others, and one for what is no kernel: TypeScript, reading and writing. */
function sharesOf(part: string, seconds: readonly number[], profiles: readonly Profile[]): Measurement[] {
  const total = median(seconds);
  const timesOf = (name: string) => profiles.map((profile) => (profile.get(name) ?? 0) / 1000);
  const names = [...profiles[0]?.keys() ?? []].sort((a, b) => median(timesOf(b)) - median(timesOf(a)));
  const large = names.filter((name) => median(timesOf(name)) >= LEAST_SHARE * total);
  const small = names.filter((name) => !large.includes(name));
  const sum = (of: readonly string[]) =>
    seconds.map((_, i) => of.reduce((total, name) => total + (timesOf(name)[i] ?? 0), 0));
  const inKernels = sum(names);
  const rest = seconds.map((s, i) => s - (inKernels[i] ?? 0));
  const line = (name: string, of: readonly number[]): Measurement => ({
    name: `${part} ${name}`,
    unit: "s",
    amount: 1,
    seconds: of,
    share: median(of) / total,
  });
  return [
    ...large.map((name) => line(name, timesOf(name))),
    line("other kernels", sum(small)),
    line("no kernel", rest),
  ];
}
