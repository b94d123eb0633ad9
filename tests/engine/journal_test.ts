import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { UserError } from "../../src/user_error.ts";
import { doneChunks } from "../../src/engine/done.ts";
import { fingerprintOf } from "../../src/engine/fingerprint.ts";
import { type JournalEvent, openJournal, readJournal } from "../../src/engine/journal.ts";
import { planBlocks } from "../../src/engine/block_plan.ts";
import { sealJson } from "../../src/engine/seal.ts";
import { type Region, regionEnd, voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const EVENTS: readonly JournalEvent[] = [
  {
    event: "run-started",
    command: "score",
    version: "0.1.0",
    settings: { "täst": [1, null] },
    time: "2025-01-01T00:00:00Z",
  },
  { event: "stage-started", stage: "score", fingerprint: "ab", blocks: 2, voxels: 100 },
  blockDone({ start: [0, 0, 0], shape: [4, 4, 4] }),
  { event: "message", text: "a line feed \n inside, and a 🧠" },
  { event: "stage-done", stage: "score", fingerprint: "ab", seconds: 2.5, result: { samples: 3 } },
  { event: "run-done" },
];

function blockDone(write: Region, stage = "score", name = "ab"): JournalEvent {
  return { event: "block-done", stage, fingerprint: name, write, seconds: 0.25 };
}

Deno.test("openJournal() returns the events that were appended, and makes the folder", async () => {
  await inTempFolder(async (parent) => {
    const folder = join(parent, "run", "1");
    const first = await openJournal(folder);
    for (const event of EVENTS.slice(0, 3)) await first.append(event);
    assert.deepEqual(first.events, EVENTS.slice(0, 3));
    await first.close();
    const second = await openJournal(folder);
    assert.deepEqual(second.events, EVENTS.slice(0, 3));
    await Promise.all(EVENTS.slice(3).map((event) => second.append(event)));
    await second.close();
    assert.deepEqual(await readJournal(folder), EVENTS);
  });
});

Deno.test("openJournal() gives a prefix and goes on from there, wherever the file was cut", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const lines = EVENTS.map((event) => `${sealJson(event)}\n`);
    const bytes = new TextEncoder().encode(lines.join(""));
    const ends = lines.map((_, i) => new TextEncoder().encode(lines.slice(0, i + 1).join("")).length);
    for (let cut = 0; cut <= bytes.length; cut++) {
      await Deno.writeFile(path, bytes.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut).length;
      assert.deepEqual(await readJournal(folder), EVENTS.slice(0, whole));
      const journal = await openJournal(folder);
      assert.deepEqual(journal.events, EVENTS.slice(0, whole));
      await journal.append({ event: "run-done" });
      await journal.close();
      assert.deepEqual(await readJournal(folder), [...EVENTS.slice(0, whole), { event: "run-done" }]);
    }
  });
});

Deno.test("openJournal() drops a last line of zeros, as a power cut may leave", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "journal.jsonl");
    await Deno.writeTextFile(path, `${EVENTS.slice(0, 1).map(sealJson)}\n\0\0\0\0`);
    const journal = await openJournal(folder);
    await journal.close();
    assert.deepEqual(journal.events, [EVENTS[0]]);
  });
});

Deno.test("openJournal() names the line, when one in the middle is damaged", async () => {
  await inTempFolder(async (folder) => {
    const good = EVENTS.slice(0, 1).map(sealJson).join();
    const text = `${good}\n${good.slice(0, 10)}\n${good}\n`;
    await Deno.writeTextFile(join(folder, "journal.jsonl"), text);
    await assert.rejects(openJournal(folder), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.message, /journal\.jsonl, line 2 /);
      return true;
    });
    assert.equal(await Deno.readTextFile(join(folder, "journal.jsonl")), text);
  });
});

Deno.test("openJournal() names the line of which any one bit was flipped, and drops the last line", async () => {
  await inTempFolder(async (folder) => {
    const path = join(folder, "journal.jsonl");
    const bytes = new TextEncoder().encode(EVENTS.map((event) => `${sealJson(event)}\n`).join(""));
    const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1;
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await Deno.writeFile(path, damaged);
      // Without its line feed, the line before the last one becomes a part of it.
      if (bit >> 3 < lastLine - 1) {
        await assert.rejects(readJournal(folder), /journal\.jsonl, line \d+ is damaged/, `bit ${bit}`);
      } else {
        assert.deepEqual(await readJournal(folder), EVENTS.slice(0, bit >> 3 < lastLine ? -2 : -1));
      }
    }
  });
});

Deno.test("openJournal() refuses a folder in which another run works", async () => {
  await inTempFolder(async (folder) => {
    const first = await openJournal(folder);
    await assert.rejects(openJournal(folder), UserError);
    await first.append({ event: "run-done" });
    await first.close();
    const second = await openJournal(folder);
    await second.close();
    assert.equal(second.events.length, 1);
  });
});

Deno.test("readJournal() has no events, when there is no journal", async () => {
  await inTempFolder(async (folder) => assert.deepEqual(await readJournal(folder), []));
});

const length = fc.integer({ min: 1, max: 20 });
const triple: fc.Arbitrary<Zyx> = fc.tuple(length, length, length);

function plan(shape: Zyx, chunk: Zyx, blockShape: Zyx): Region[] {
  const budget = { context: [0, 0, 0] as const, bytesNeeded: () => 1, bytesPerWorker: 1, workers: 1 };
  return planBlocks({ shape, chunk, blockShape, ...budget }).blocks.map((block) => block.write);
}

Deno.test("doneChunks() knows a region as done when all its voxels were, also with another block shape", () => {
  let both = 0;
  fc.assert(
    fc.property(triple, fc.tuple(length, length, length), triple, triple, fc.infiniteStream(fc.boolean()), (
      shape,
      chunk,
      before,
      after,
      chance,
    ) => {
      const finished = plan(shape, chunk, before).filter(() => chance.next().value);
      const done = doneChunks(finished.map((write) => blockDone(write)), {
        stage: "score",
        fingerprint: "ab",
        shape,
        chunk,
      });
      assert.equal(done.voxels, finished.reduce((sum, region) => sum + voxelCount(region.shape), 0));
      for (const region of plan(shape, chunk, after)) {
        const expected = voxelsOf(region).every((voxel) => finished.some((write) => holds(write, voxel)));
        assert.equal(done.isDone(region), expected);
        both |= expected ? 1 : 2;
      }
    }),
    { numRuns: 100, seed: 4 },
  );
  assert.equal(both, 3);
});

/** Every voxel of a region. */
function voxelsOf(region: Region): Zyx[] {
  const end = regionEnd(region);
  const voxels: Zyx[] = [];
  for (let z = region.start[0]; z < end[0]; z++) {
    for (let y = region.start[1]; y < end[1]; y++) {
      for (let x = region.start[2]; x < end[2]; x++) voxels.push([z, y, x]);
    }
  }
  return voxels;
}

function holds(region: Region, voxel: Zyx): boolean {
  const end = regionEnd(region);
  return region.start.every((s, axis) => s <= (voxel[axis] ?? -1) && (voxel[axis] ?? 0) < (end[axis] ?? 0));
}

Deno.test("doneChunks() counts a chunk once and ignores other stages and fingerprints", () => {
  const shape: Zyx = [4, 4, 6];
  const half: Region = { start: [0, 0, 0], shape: [4, 4, 4] };
  const events = [
    blockDone(half),
    blockDone(half),
    blockDone(wholeRegion(shape), "gather"),
    blockDone(wholeRegion(shape), "score", "cd"),
  ];
  const done = doneChunks(events, { stage: "score", fingerprint: "ab", shape, chunk: [4, 4, 4] });
  assert.equal(done.voxels, 64);
  assert.equal(done.isDone(half), true);
  assert.equal(done.isDone(wholeRegion(shape)), false);
});

Deno.test("doneChunks() does not take a chunk as done of which a run with smaller chunks did a part", () => {
  const events = [blockDone({ start: [0, 0, 0], shape: [4, 4, 6] })];
  const done = doneChunks(events, { stage: "score", fingerprint: "ab", shape: [4, 4, 8], chunk: [4, 4, 4] });
  assert.equal(done.voxels, 64);
  assert.equal(done.isDone({ start: [0, 0, 4], shape: [4, 4, 4] }), false);
});

Deno.test("fingerprintOf() is the SHA-256 of JSON with sorted keys", async () => {
  // printf '{"a":[1,null,"x"],"b":{"c":true,"d":0.5}}' | sha256sum
  const expected = "267c3dc4860482fd5fadcd1a235b3854dcc22f972e565c1006a8c4bc5b71d89c";
  assert.equal(await fingerprintOf({ b: { d: 0.5, c: true }, a: [1, null, "x"] }), expected);
  assert.equal(
    await fingerprintOf({ gone: undefined, a: [1, null, "x"], b: { c: true, d: 0.5 } }),
    expected,
  );
  assert.notEqual(await fingerprintOf({ a: [1, null, "x"], b: { c: true, d: 0.25 } }), expected);
});

Deno.test("fingerprintOf() refuses values that JSON would make equal", async () => {
  for (const value of [NaN, Infinity, 1n, undefined, () => 1, new Map(), new Uint8Array(2), [undefined]]) {
    await assert.rejects(fingerprintOf(value), TypeError);
  }
});
