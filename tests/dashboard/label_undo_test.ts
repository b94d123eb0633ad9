/** Undo and redo in the labelling page: shown at once, and in the end what the server has done, also where two pages paint. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Project } from "../../src/dashboard/page/label/project.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { paintPlain, SHAPE, strokeOf } from "../label/project.ts";
import { asPage } from "./as_page.ts";
import { type Ask, withLabels } from "./label_routes.ts";

/** A server that lets changes wait. */
interface Slow {
  readonly fetch: typeof fetch;
  /** Keeps changes from the server until what it returns is called. */
  hold(): () => void;
}

function slow(ask: Ask): Slow {
  let gate = Promise.resolve();
  return {
    async fetch(input, init = {}) {
      const { pathname, search } = new URL(String(input), "http://127.0.0.1/");
      if (init.method === "POST") await gate;
      const headers = Object.fromEntries(new Headers(init.headers));
      return await ask(pathname + search, { ...init, headers });
    },
    hold() {
      let release = () => {};
      gate = new Promise((done) => release = done);
      return release;
    },
  };
}

/** Server-sent events as a browser has them, of these routes. */
function eventsOf(ask: Ask) {
  return class extends EventTarget {
    onopen: (() => void) | null = null;
    onerror: (() => void) | null = null;
    #reader: ReadableStreamDefaultReader<string> | undefined;
    #isOver = false;
    constructor(address: string) {
      super();
      void this.#read(address);
    }
    async #read(address: string): Promise<void> {
      const { body } = await ask(address);
      this.#reader = body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let text = ""; !this.#isOver;) {
        const { value, done } = await this.#reader?.read() ?? { value: undefined, done: true };
        if (done) return;
        text += value;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const [, name = ""] = /^event: (.*)$/m.exec(text.slice(0, end)) ?? [];
          const [, data = ""] = /^data: (.*)$/m.exec(text.slice(0, end)) ?? [];
          text = text.slice(end + 2);
          if (name !== "") this.dispatchEvent(new MessageEvent(name, { data }));
        }
      }
    }
    close(): void {
      this.#isOver = true;
      void this.#reader?.cancel();
    }
  };
}

/** Runs a test with so many pages of one project, whose first synapse has the id 2. */
function withPages(
  count: number,
  test: (pages: Project[], server: Slow & { readonly folder: string }) => Promise<void>,
): Promise<void> {
  return withLabels(async (ask, folder) => {
    const server = slow(ask);
    const document = { hidden: false, addEventListener: () => {}, removeEventListener: () => {} };
    for (const [name, value] of Object.entries({ document, EventSource: eventsOf(ask) })) {
      Object.defineProperty(globalThis, name, { value, configurable: true });
    }
    await asPage(server.fetch, async () => {
      const { openProject } = await import("../../src/dashboard/page/label/project.ts");
      const pages: Project[] = [];
      try {
        for (let i = 0; i < count; i++) pages.push(await openProject(""));
        await pages[0]?.newObject();
        await test(pages, { ...server, folder });
      } finally {
        for (const page of pages) page.close();
      }
    });
  });
}

/** The part of the stack that tests paint in. */
const PART: Zyx = [6, 10, SHAPE[2]];

/** What a page shows there; undefined while it does not know all. */
function shown({ chunks }: Project): Uint32Array | undefined {
  const [cz, cy, cx] = chunks.chunkShape;
  const all = new Uint32Array(voxelCount(PART));
  for (let place = 0, z = 0; z < PART[0]; z++) {
    for (let y = 0; y < PART[1]; y++) {
      for (let x = 0; x < PART[2]; x++, place++) {
        const voxels = chunks.chunk(Math.floor(z / cz), Math.floor(y / cy), Math.floor(x / cx));
        if (voxels === undefined) return undefined;
        assert.notEqual(voxels, "damaged");
        if (typeof voxels !== "string") all[place] = voxels[((z % cz) * cy + y % cy) * cx + x % cx] ?? 0;
      }
    }
  }
  return all;
}

function isSame(a: Uint32Array | undefined, b: Uint32Array): boolean {
  return a !== undefined && a.every((value, i) => value === b[i]);
}

/** Waits until something is so. @throws where it does not become so */
async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    if (await isSo()) return;
    await new Promise((done) => setTimeout(done, 10));
  }
  assert.fail(what);
}

/** Waits until all is saved and each page shows what is on the disk. */
async function settled(pages: readonly Project[], folder: string): Promise<Uint32Array> {
  await until(() => pages.every((page) => page.saving().waiting === 0), "all is saved");
  const volume = await openZarr(`${folder}/labels.zarr`);
  const labels = new Uint32Array(voxelCount(PART));
  await readRegion(volume, wholeRegion(PART), labels);
  await until(() => pages.every((page) => isSame(shown(page), labels)), "pages show what is saved");
  return labels;
}

function paint(
  page: Project,
  value: number,
  runs: readonly number[],
  over: "all" | "unpainted" = "all",
): void {
  const stroke = page.begin(value, over);
  for (let i = 0; i < runs.length; i += 4) stroke.add(runs.slice(i, i + 4));
  stroke.end(runs);
}

/** Runs in two chunks, each voxel once. */
const RUNS = fc.uniqueArray(
  fc.tuple(fc.nat(2), fc.nat(3), fc.constantFrom(100, 120, 126), fc.integer({ min: 1, max: 14 })),
  { minLength: 1, maxLength: 4, selector: ([z, y]) => 10 * z + y },
).map((runs) => runs.flat());
const STROKE = fc.record({
  value: fc.nat(2),
  over: fc.constantFrom("all" as const, "unpainted" as const),
  runs: RUNS,
});

Deno.test("undo and redo of what a page has painted are shown at once, before the server has answered", () =>
  withPages(1, async ([page], server) => {
    assert.ok(page);
    await until(() => shown(page) !== undefined, "the labels have come");
    const step = fc.oneof(
      { weight: 3, arbitrary: STROKE },
      fc.constantFrom("undo" as const, "undo" as const, "redo" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const states = [await settled([page], server.folder)];
        let at = 0;
        const release = server.hold();
        for (const step of steps) {
          if (step === "undo" && at > 0) at--, page.undo();
          if (step === "redo" && at < states.length - 1) at++, page.redo();
          if (typeof step === "object") {
            const next = states[at]?.slice() ?? assert.fail();
            paintPlain(next, PART, strokeOf(step.value, step.runs, step.over));
            paint(page, step.value, step.runs, step.over);
            if (!isSame(next, states[at] ?? next)) states.splice(++at, Infinity, next);
          }
          assert.ok(isSame(shown(page), states[at] ?? assert.fail()), "shown at once");
        }
        assert.equal(page.saving().waiting > 0 || at === 0, true, "nothing was saved yet");
        release();
        assert.deepEqual(await settled([page], server.folder), states[at]);
        assert.equal(page.message(), "");
      }),
      { numRuns: 30 },
    );
  }));

Deno.test("where two pages paint, undo and do again, both show in the end what the server has", () =>
  withPages(2, async (pages, server) => {
    await until(() => pages.every((page) => shown(page) !== undefined), "the labels have come");
    const step = fc.oneof(
      { weight: 3, arbitrary: STROKE },
      fc.constantFrom("undo" as const, "redo" as const, "wait" as const, "grow" as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(1), step), { maxLength: 14 }), async (steps) => {
        for (const [who, step] of steps) {
          const page = pages[who] ?? assert.fail();
          if (step === "undo") page.undo();
          else if (step === "redo") page.redo();
          else if (step === "grow") page.grow(2, [1, 1, 120]);
          else if (step === "wait") await settled(pages, server.folder);
          else paint(page, step.value, step.runs, step.over);
        }
        await settled(pages, server.folder);
      }),
      { numRuns: 30 },
    );
  }));

Deno.test("an undo that takes back what another page has painted shows that, and what this page has painted again", () =>
  withPages(2, async ([one, two], server) => {
    assert.ok(one && two);
    await until(() => shown(one) !== undefined && shown(two) !== undefined, "the labels have come");
    paint(one, 2, [1, 1, 10, 5]);
    await settled([one, two], server.folder);
    const release = server.hold();
    paint(two, 1, [1, 2, 130, 5]); // in another chunk
    one.undo();
    assert.equal(shown(one)?.filter((value) => value === 2).length, 0, "at first it shows its own undone");
    release();
    const labels = await settled([one, two], server.folder);
    assert.equal(labels.filter((value) => value > 0).length, 5, "the one that came last is undone");
  }));
