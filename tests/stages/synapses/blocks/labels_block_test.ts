import assert from "node:assert/strict";
import { blockFileName } from "../../../../src/run/block_files.ts";
import { blocksOfShape } from "../../../../src/engine/mod.ts";
import { openSynapseLabelsJob } from "../../../../src/stages/synapses/blocks/labels_block.ts";
import { readNumbers, writeNumberFile } from "../../../../src/stages/synapses/blocks/number_file.ts";
import { writeParts } from "../../../../src/stages/synapses/blocks/part_file.ts";
import { DamagedError } from "../../../../src/volume/damaged_error.ts";
import { wholeRegion, type Zyx } from "../../../../src/volume/region.ts";
import { countChunks } from "../../../../src/volume/zarr/check.ts";
import { createZarr, readRegion } from "../../../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";

const SHAPE: Zyx = [8, 20, 24];
const BLOCK: Zyx = [8, 16, 16];
const SHARD: Zyx = [8, 8, 8];

/** Blocks with a run each, as two parts of which the second is no synapse; the one at the end has none. */
async function writeFiles(folder: string): Promise<string> {
  const blocks = blocksOfShape({ shape: SHAPE, blockShape: BLOCK, context: [0, 0, 0] });
  for (const { write, index } of blocks) {
    const { start: [, , x], shape: [, height] } = write;
    const runs = index === blocks.length - 1
      ? []
      : [height + 1, x + 2, x + 5, 0, height + 1, x + 6, x + 8, 1];
    const empty = new Float64Array();
    await writeParts(`${folder}/${blockFileName(write, "parts")}`, {
      sums: empty,
      border: new Int32Array(),
      runs: Int32Array.from(runs),
    });
  }
  const counts = { parts: 2, border: 0, dropped: 0, highest: 1 };
  const found = blocks.map(({ write }) => ({ write, counts }));
  const numbers = Uint32Array.from(blocks.flatMap((_, i) => [7 + i, 0]));
  await writeNumberFile(`${folder}/numbers.bin`, found, { numbers, bases: blocks.map((_, i) => 2 * i) });
  return `${folder}/numbers.bin`;
}

Deno.test("openSynapseLabelsJob() writes the numbers of kept parts alone, in shards and without, and counts the files", () =>
  inTempFolder(async (folder) => {
    const numbers = await writeFiles(folder);
    for (const chunk of [[8, 8, 8], [4, 4, 4]] as const) {
      const labels = `${folder}/labels-${chunk[0]}.zarr`;
      const volume = await createZarr(labels, { shape: SHAPE, chunk, shard: SHARD, dtype: "uint32" });
      const write = await openSynapseLabelsJob({ stage: "synapse-labels", folder, numbers, labels });
      let files = 0;
      for (const block of blocksOfShape({ shape: SHAPE, blockShape: BLOCK, context: [0, 0, 0] })) {
        files += await write(block.write);
      }
      assert.equal(files, 3);
      assert.equal(countChunks(volume), files);
      const found = new Uint32Array(8 * 20 * 24);
      await readRegion(volume, wholeRegion(SHAPE), found);
      const expected = new Uint32Array(found.length);
      for (const [number, z, y, x] of [[7, 1, 1, 2], [8, 1, 1, 18], [9, 1, 17, 2]] as const) {
        const first = (z * 20 + y) * 24 + x;
        expected.fill(number, first, first + 3);
      }
      assert.deepEqual(found, expected);
    }
  }));

Deno.test("readNumbers() refuses a file that was cut off or is another one, and a block that it does not have", () =>
  inTempFolder(async (folder) => {
    const path = await writeFiles(folder);
    const numbersOf = await readNumbers(path);
    assert.deepEqual([...numbersOf({ start: [0, 0, 16], shape: [8, 16, 8] })], [8, 0]);
    assert.throws(() => numbersOf({ start: [0, 8, 0], shape: [8, 8, 8] }), DamagedError);
    const bytes = await Deno.readFile(path);
    await Deno.writeFile(path, bytes.subarray(0, -4));
    await assert.rejects(readNumbers(path), DamagedError);
    await assert.rejects(
      readNumbers(`${folder}/${blockFileName({ start: [0, 0, 0], shape: [8, 16, 16] }, "parts")}`),
      DamagedError,
    );
  }));
