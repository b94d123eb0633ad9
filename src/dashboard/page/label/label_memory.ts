/** What the labelling page keeps when it is loaded again: the tool and how labels are shown everywhere, the rest for each project. */
import { useEffect, useState } from "preact/hooks";
import { type Contrast, type Contrasts, createContrasts } from "../contrast.ts";
import { remember, remembered } from "../memory.ts";
import { RADII } from "./brush.ts";
import type { Look } from "./label_view.ts";
import type { Tool } from "./painting.ts";

/** As `useState`, with what was kept under a name at first. @param read undefined where what was kept is nothing of the kind */
export function useKept<T>(name: string, first: T, read: (value: unknown) => T | undefined) {
  const [value, set] = useState<T>(() => kept(name, read) ?? first);
  useEffect(() => {
    remember(name, JSON.stringify(value) ?? "");
  }, [name, value]);
  return [value, set] as const;
}

function kept<T>(name: string, read: (value: unknown) => T | undefined): T | undefined {
  try {
    return read(JSON.parse(remembered(name)));
  } catch (cause) {
    if (cause instanceof SyntaxError) return undefined; // nothing was kept
    throw cause;
  }
}

export function toolOf(value: unknown): Tool | undefined {
  const { paints, by, radius, isCareful } = fieldsOf<Tool>(value);
  const isTool = (paints === "synapse" || paints === "not" || paints === "erase") &&
    (by === "brush" || by === "outline" || by === "supervoxel") && RADII.some((one) => one === radius) &&
    typeof isCareful === "boolean";
  return isTool ? { paints, by, radius: Number(radius), isCareful } : undefined;
}

/** Labels are never hidden at first, which would look as if there were none. */
export function lookOf(value: unknown): Look | undefined {
  const { opacity, isOutline } = fieldsOf<Look>(value);
  const isLook = typeof opacity === "number" && opacity > 0 && opacity <= 1 && typeof isOutline === "boolean";
  return isLook ? { opacity, isOutline, isHidden: false } : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The contrast of a project's stack, from the slice that decided it. */
export function keptContrasts(name: string): Contrasts {
  const found = createContrasts();
  let known = kept(name, contrastOf);
  return {
    of: (volume) => known ?? found.of(volume),
    note(volume, slice) {
      if (known || !found.note(volume, slice)) return false;
      known = found.of(volume);
      remember(name, JSON.stringify(known));
      return true;
    },
    forget(volume) {
      known = undefined;
      found.forget(volume);
    },
  };
}

function contrastOf(value: unknown): Contrast | undefined {
  const [black, white] = Array.isArray(value) ? value as unknown[] : [];
  const isContrast = typeof black === "number" && typeof white === "number" && black < white;
  return isContrast ? [black, white] : undefined;
}

function fieldsOf<T>(value: unknown): Partial<Record<keyof T, unknown>> {
  return typeof value === "object" && value !== null ? value : {};
}
