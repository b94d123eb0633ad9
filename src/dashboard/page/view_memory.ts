/** What the browser remembers of views, for each work folder. */
import type { ArrayInfo } from "../api.ts";
import { remember, remembered, rememberedHere, rememberHere } from "./memory.ts";
import { firstView, viewOfLink, type ViewState } from "./view_state.ts";

/** The view in the address, with its folder: a tab may be left open and meet a server of another folder. */
const IN_ADDRESS = "view in the address";

/** The view that the address asks for, else the one that was left, else what is known of the voxels. */
export function startingView(arrays: readonly ArrayInfo[], workFolder: string): Partial<ViewState> {
  const voxelSize = Number(remembered(`nm ${workFolder}`));
  const known = voxelSize > 0 ? { voxelSize } : {};
  const { hash } = location;
  const [folder, link] = rememberedHere(IN_ADDRESS).split("\n");
  const isOfAnother = link === hash && folder !== workFolder;
  if (hash.includes("?") && !isOfAnother) return { ...known, ...viewOfLink(hash) };
  const left = viewOfLink(rememberedHere(`view ${workFolder}`));
  return { ...known, ...leftView(arrays, left, rememberedHere(`first view ${workFolder}`)) };
}

/** Keeps a view as the one that was left. @param link it, as the address has it */
export function keepView(arrays: readonly ArrayInfo[], workFolder: string, link: string): void {
  rememberHere(`view ${workFolder}`, link);
  rememberHere(`first view ${workFolder}`, volumesOf(firstView(arrays, {})));
  rememberHere(IN_ADDRESS, `${workFolder}\n${link}`);
}

export function keepVoxelSize(workFolder: string, nanometres: number): void {
  remember(`nm ${workFolder}`, String(nanometres));
}

/**
 * What is kept of a view that was left: all of it, unless nobody chose other volumes than those of the first view, and the first view
 * has others now, such as scores.
 * @param before volumes of the first view when it was left
 */
export function leftView(
  arrays: readonly ArrayInfo[],
  left: Partial<ViewState>,
  before: string,
): Partial<ViewState> {
  const first = firstView(arrays, {});
  if (volumesOf(left) !== before || volumesOf(first) === before) return left;
  if (left.raw !== first.raw) return {};
  const { at, centre, zoom } = left;
  return { ...(at && { at }), ...(centre && { centre }), ...(zoom !== undefined && { zoom }) };
}

/** The volumes of a view as a text. */
export function volumesOf({ raw = "", over = "" }: Partial<ViewState>): string {
  return `${raw}\n${over}`;
}
