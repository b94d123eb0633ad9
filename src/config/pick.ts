/** One channel and one point of time of a volume that has several, as part of its location: `stack.tif#channel=1,time=0`. */

/** Numbers from 0; undefined where there is but one. */
export interface AxisPick {
  readonly channel?: number | undefined;
  readonly time?: number | undefined;
}

/** Of an address, what is said of its server may stand on either side. */
const PICK = /^(.*)#((?:channel|time)=\d{1,6}(?:,(?:channel|time)=\d{1,6})?)(#absent=403)?$/s;

/** Divides a location into what it was without the choice, and the choice. */
export function dividePick(location: string): { readonly text: string; readonly pick: AxisPick } {
  const [, text, choice, mark = ""] = PICK.exec(location) ?? [];
  if (text === undefined || choice === undefined) return { text: location, pick: {} };
  const pairs = choice.split(",").map((part) => part.split("="));
  return { text: text + mark, pick: Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)])) };
}

/** A location with a choice, in the place of the one that it may have. */
export function withPick(location: string, { channel, time }: AxisPick): string {
  if (channel === undefined && time === undefined) return location;
  const { text, pick } = dividePick(location);
  return text + describePick({ channel: channel ?? pick.channel, time: time ?? pick.time });
}

/** Such as `#channel=1,time=0`; empty where nothing is chosen. */
export function describePick({ channel, time }: AxisPick): string {
  const parts = [
    ...(channel === undefined ? [] : [`channel=${channel}`]),
    ...(time === undefined ? [] : [`time=${time}`]),
  ];
  return parts.length === 0 ? "" : `#${parts.join(",")}`;
}

/** What messages say to do where there are several. */
export const PICK_ADVICE =
  "choose one with --channel and --time-point, or with the keys channel and timePoint of the volume (numbered from 0)";
