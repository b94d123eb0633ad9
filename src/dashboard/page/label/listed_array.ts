/** Arrays that the server lists sooner or later. */
import type { ArrayInfo } from "../../api.ts";
import { bodyOf, client } from "../client.ts";

const RETRY = 1000;

/** Asks for an array by its path until the server lists it. Returns a function that ends it. */
export function onceListed(path: string, take: (info: ArrayInfo) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const find = async () => {
    try {
      const arrays = await bodyOf(await client.api.arrays.$get()) as ArrayInfo[];
      return arrays.find((array) => array.path === path);
    } catch {
      return undefined; // the page says where the server is away
    }
  };
  const look = async () => {
    const found = await find();
    if (isOver) return;
    if (found) take(found);
    else timer = setTimeout(() => void look(), RETRY);
  };
  void look();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
