import assert from "node:assert/strict";
import type { FindSettings, FoundSoFar } from "../../src/dashboard/found.ts";
import {
  findText,
  isPart,
  outdated,
  planRows,
  progressText,
} from "../../src/dashboard/page/label/find_text.ts";
import { boxOfPlanes } from "../../src/dashboard/page/label/sight.ts";
import { PLANES } from "../../src/dashboard/page/geometry.ts";

const SETTINGS: FindSettings = {
  anisotropy: 10,
  voxelSize: [40, 4, 4],
  learning: { sigma: 3.5, supervoxel: 2, channels: ["gauss-s1.0"] },
};
const NOTHING: FoundSoFar = {
  isRunning: false,
  begun: null,
  error: null,
  otherChanges: 0,
  run: "empty",
  fraction: 0,
  left: null,
};
const BEGUN: FoundSoFar = {
  ...NOTHING,
  begun: {
    at: "2026-01-02T03:04:05.000Z",
    seq: 7,
    stack: "",
    box: null,
    volume: null,
    polarity: "config",
    settings: SETTINGS,
  },
};

Deno.test("findText() and progressText() say how far a search is, and whether labels have changed since", () => {
  const now = Date.parse("2026-01-02T03:05:00.000Z");
  const running = { ...BEGUN, isRunning: true, run: "running", fraction: 0.435, left: 90 } as const;
  const cases: [FoundSoFar, number, string, RegExp][] = [
    [NOTHING, 7, "Find all", /./],
    [{ ...BEGUN, isRunning: true }, 7, "Finding all: 0 %", /^Searching the whole stack since .*: 0 %\.$/],
    // what a run before has left says nothing of the one that begins
    [{ ...BEGUN, isRunning: true, run: "stopped", fraction: 0.9 }, 7, "Finding all: 0 %", /: 0 %\.$/],
    [running, 7, "Finding all: 43 %", /: 43 %, about 1 min 30 s left\.$/],
    [{ ...BEGUN, run: "killed", fraction: 0.2 }, 9, "Find all: stopped", /has stopped at 20 %\.$/],
    [{ ...BEGUN, error: "no space" }, 9, "Find all: stopped", /ended with an error: no space$/],
    [{ ...BEGUN, run: "done", fraction: 1 }, 7, "All found", /is done\.$/],
    [{ ...BEGUN, run: "done", fraction: 1 }, 8, "Found with older labels", /is done\.$/],
  ];
  for (const [found, seq, button, sentence] of cases) {
    assert.equal(findText(found, { seq, ...SETTINGS }), button);
    assert.match(progressText(found, now), sentence);
  }
});

Deno.test("findText() and outdated() say which settings are others than those of the search", () => {
  const done: FoundSoFar = { ...BEGUN, run: "done", fraction: 1 };
  const { learning } = SETTINGS;
  const cases: [Partial<FindSettings>, readonly string[]][] = [
    [{}, []],
    [{ learning: { ...learning, channels: ["gauss-s1.0"] } }, []],
    [{ learning: { ...learning, sigma: 4 } }, ["half the thickness of a cleft"]],
    [{ learning: { ...learning, supervoxel: 3 } }, ["supervoxels"]],
    [{ learning: { ...learning, channels: [] }, anisotropy: 9 }, ["filtered images", "voxel size"]],
    [{ voxelSize: null }, ["voxel size"]],
  ];
  for (const [change, settings] of cases) {
    const now = { seq: 9, ...SETTINGS, ...change };
    assert.deepEqual(outdated(done, now), { changes: 2, settings });
    const text = settings.length > 0 ? "Found with other settings" : "Found with older labels";
    assert.equal(findText(done, now), text);
    assert.equal(findText(NOTHING, now), "Find all");
    // a search of an earlier version did not note them
    const begun = done.begun && { ...done.begun, settings: null };
    assert.deepEqual(outdated({ begun, otherChanges: 0 }, now).settings, []);
  }
});

Deno.test("planRows() tells time, memory, disk and labels, and what learning has meanwhile", () => {
  const plan = {
    seconds: 200,
    memory: 2 ** 30,
    workers: 1,
    learnsMeanwhile: false,
    disk: 2 ** 20,
    free: null,
    synapses: 1,
    leastSynapses: 6,
  };
  const text = planRows(plan).map((row) => row.join(": ")).join("\n");
  assert.match(text, /^Time: about 3 min 20 s, with one thread/);
  assert.match(text, /Memory: at most 1 GiB; too little to learn from strokes meanwhile/);
  assert.match(text, /Disk: at most 1 MiB\n/);
  assert.match(text, /Labels: 1 synapse to learn from; with 6 or more it finds more of them$/);
});

Deno.test("isPart() and boxOfPlanes() keep to the stack", () => {
  const shape = [10, 20, 30] as const;
  assert.ok(isPart({ begin: [0, 0, 0], end: shape }, shape));
  for (
    const [begin, end] of [
      [[0, 0, 0], [10, 20, 31]],
      [[5, 0, 0], [5, 20, 30]],
      [[-1, 0, 0], [10, 20, 30]],
      [[0.5, 0, 0], [10, 20, 30]],
      [[NaN, 0, 0], [10, 20, 30]],
    ] as const
  ) {
    assert.ok(!isPart({ begin, end }, shape), `${begin} ${end}`);
  }
  const seen = (name: string) => {
    const plane = PLANES.find((one) => one.name === name);
    return plane && { plane, centre: [5, 10, 15] as const, zoom: 10, anisotropy: 1, width: 100, height: 60 };
  };
  // xy shows 10 voxels of x and 6 of y; the small planes show z whole, or 6 slices of it
  assert.deepEqual(boxOfPlanes({ seen }, "xy", shape), { begin: [2, 7, 10], end: [8, 13, 20] });
  assert.deepEqual(boxOfPlanes({ seen: () => undefined }, "xy", shape), { begin: [0, 0, 0], end: shape });
});
