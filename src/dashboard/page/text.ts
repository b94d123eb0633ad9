/** Numbers and times as the page shows them. */
import { formatCount, formatDuration } from "../../engine/format.ts";

/** A time of day, with the date where it is another day than today. */
export function clockText(at: number | null, now: number): string {
  if (at === null) return "–";
  const date = new Date(at);
  const time = date.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  if (date.toDateString() === new Date(now).toDateString()) return time;
  return `${date.toLocaleDateString(undefined, { weekday: "short", day: "numeric", month: "short" })}, ` +
    time;
}

/** With a capital at its beginning. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `1,234,567`, every digit. */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}

/** `12 %`; never 100 before all is done. */
export function percentText(fraction: number): string {
  return `${fraction >= 1 ? 100 : Math.min(99, Math.floor(fraction * 100))} %`;
}

/** Seconds as people say them. */
export function durationText(seconds: number | null): string {
  return seconds === null ? "–" : formatDuration(seconds);
}

/** `3.2 M voxels/s`. */
export function rateText(rate: number | null, unit: string): string {
  return rate === null ? "" : `${formatCount(Math.round(rate * 100) / 100)} ${unit}/s`;
}

/** Times on an axis, seconds since 1970, each on one line: as fine as they are apart. */
export function timeTexts(times: readonly number[]): string[] {
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  return times.map((time) => {
    const date = new Date(time * 1000);
    if (step >= 86400) return date.toLocaleDateString(undefined, { day: "numeric", month: "short" });
    return date.toLocaleTimeString(undefined, {
      hour: "2-digit",
      minute: "2-digit",
      ...(step < 60 ? { second: "2-digit" } : {}),
    });
  });
}

/** The text with its first letter as at the beginning of a sentence. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
