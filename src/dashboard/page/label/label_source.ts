/** Chunks of labels from the server. */
import type { LabelState } from "../../api.ts";
import { bodyOf, client } from "../client.ts";
import { Absent, type LoadedArray, NotHeard, openLevel } from "../array_level.ts";
import { DamagedChunk, type LabelSource } from "./label_chunks.ts";

/** Asks the server each time, since a chunk changes with every stroke. */
export function labelSource({ labels, shape, chunk }: LabelState): LabelSource {
  const level = { path: labels, shape, chunk, shard: chunk, version: 3, factor: [1, 1, 1] } as const;
  let opened: Promise<LoadedArray> | undefined;
  const array = () => {
    if (!opened) {
      opened = openLevel(level, true, "no-store");
      opened.catch(() => opened = undefined);
    }
    return opened;
  };
  return {
    async layer(z) {
      const query = { path: labels, layer: String(z) };
      const { chunks } = await bodyOf(await client.api.chunks.$get({ query }));
      if (!chunks) throw new Error(`the chunks of ${labels} cannot be listed`);
      return new Set(chunks.map(([y, x]) => `${z}/${y}/${x}`));
    },
    async chunk(key) {
      try {
        const { data } = await (await array()).getChunk(key.split("/").map(Number));
        if (data instanceof Uint32Array && data.length === chunk[0] * chunk[1] * chunk[2]) return data;
        throw new DamagedChunk(key);
      } catch (cause) {
        if (cause instanceof Absent) return undefined;
        if (cause instanceof NotHeard) throw cause;
        throw new DamagedChunk(key, { cause });
      }
    },
  };
}
