/** Results in Neuroglancer: half a minute. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { fileState } from "../../src/volume/file.ts";
import { inChromium, play } from "../helpers/chromium.ts";

const PACKAGES = fileURLToPath(new URL("../../work/neuroglancer/node_modules", import.meta.url));

interface Drawn {
  readonly red: number;
  readonly all: number;
}

inChromium(
  "Neuroglancer draws every voxel of results in shards, and the stack, scores and synapses of one link",
  async () => {
    if (fileState(`${PACKAGES}/neuroglancer`) === undefined) {
      // deno-lint-ignore no-console -- says why a test did not run
      return console.log(`skipped: no Neuroglancer in ${PACKAGES}; .ci/run says how to get it`);
    }
    const { omeZarr, precomputed, together } = await play(
      new URL("neuroglancer/browser.ts", import.meta.url),
    ) as {
      omeZarr: Drawn;
      precomputed: Drawn;
      together: { layers: readonly string[]; coloured: number; stackAlone: number };
    };
    for (const { red, all } of [omeZarr, precomputed]) {
      assert.equal(all, 136 * 264);
      assert.ok(red > all / 3 && red < all * 2 / 3, `${red} of ${all}`);
    }
    assert.deepEqual(together.layers, [
      "stack: loaded",
      "scores: loaded",
      "synapses: loaded,loaded",
      "lines across clefts: loaded",
    ]);
    assert.ok(together.coloured > 0.02 + together.stackAlone, JSON.stringify(together));
  },
);
