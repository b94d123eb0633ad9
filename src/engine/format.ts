/** Numbers as people read them. */
import { formatBytes } from "./memory.ts";

/** What a stage counts. */
export type Unit = "voxels" | "rounds" | "forests" | "samples" | "features" | "bytes";

/** A duration: `0.4 s`, `12 s`, `1 min 05 s`, `1 h 02 min`, `3 d 04 h`. Takes seconds; `unknown` where that is not finite. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown";
  const tenths = Math.round(Math.max(0, seconds) * 10);
  if (tenths < 100) return `${tenths / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${twoDigits(whole % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${twoDigits(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${twoDigits(hours % 24)} h`;
}

/** A count: whole to `9999`, then in three digits with k, M, G, T for powers of 1000: `12.3 k`, `3.2 M`. */
export function formatCount(count: number): string {
  if (Number.isInteger(count) && count < 10_000) return String(count);
  let value = count;
  let prefix = "";
  for (const next of ["k", "M", "G", "T", "P"]) {
    if (value < 999.5) break;
    value /= 1000;
    prefix = ` ${next}`;
  }
  return `${toDigits(value)}${prefix}`;
}

/** An amount with its unit: `3.2 M voxels`, `300 rounds`, `1.5 GiB`. */
export function formatAmount(amount: number, unit: Unit): string {
  return unit === "bytes" ? formatBytes(amount) : `${formatCount(amount)} ${unit}`;
}

/** A speed: `3.2 M voxels/s`, `120 MiB/s`, `unknown` where nothing was measured. */
export function formatRate(perSecond: number, unit: Unit): string {
  return Number.isFinite(perSecond) ? `${formatAmount(perSecond, unit)}/s` : "unknown";
}

function toDigits(value: number): string {
  if (value >= 99.5 || Number.isInteger(value)) return value.toFixed(0);
  return String(Number(value.toFixed(value >= 9.95 ? 1 : 2)));
}

function twoDigits(n: number): string {
  return String(n).padStart(2, "0");
}
