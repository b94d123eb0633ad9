/** Which stack of the project the page shows: the address names it. */
import { useEffect, useState } from "preact/hooks";
import type { LabelState } from "../../api.ts";

/** The address of a stack's page. @param id of the stack */
export function stackHref(id: string): string {
  return id === "" ? "#/label" : `#/label?stack=${encodeURIComponent(id)}`;
}

/** The id of the stack that an address names, from its `#` on; empty: the first one. */
export function stackOfHash(hash: string): string {
  return new URLSearchParams(/\?(.*)$/.exec(hash)?.[1] ?? "").get("stack") ?? "";
}

/** The id of the stack that the address names. */
export function useStackId(): string {
  const [id, setId] = useState(() => stackOfHash(location.hash));
  useEffect(() => {
    const listen = () => setId(stackOfHash(location.hash));
    addEventListener("hashchange", listen);
    return () => removeEventListener("hashchange", listen);
  }, []);
  return id;
}

/** Shows another stack. */
export function goToStack(id: string): void {
  location.hash = stackHref(id);
}

/** The id of the stack after one, which after the last is the first. */
export function stackAfter({ id, stacks }: Pick<LabelState, "id" | "stacks">): string {
  const place = stacks.findIndex((stack) => stack.id === id);
  return stacks[(place + 1) % stacks.length]?.id ?? "";
}
