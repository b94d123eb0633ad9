/** Which supervoxels are samples (docs/algorithm.md, section 6), from labels that are counted here voxel by voxel. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { FragmentJoin } from "../../../src/supervoxels/grid.ts";
import { arraySink, arraySource } from "../../../src/analysis/voxel_source.ts";
import { findComponents } from "../../../src/stages/components.ts";
import type { SamplesJob } from "../../../src/stages/stage_jobs.ts";
import { readSamples } from "../../../src/stages/training/sample_table.ts";
import { openSamplesJob, samplesBlock } from "../../../src/stages/training/samples_block.ts";
import { supervoxelKey } from "../../../src/supervoxels/identity.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import { createZarr, type Voxels, writeRegion } from "../../../src/volume/zarr/mod.ts";
import { contents, findSupervoxels, kernels } from "../../helpers/supervoxels_support.ts";
import { blockFileName } from "../../../src/run/block_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

interface Scene {
  readonly shape: Zyx;
  readonly raw: Uint8Array;
  readonly labels: Uint8Array;
  readonly svox: { readonly seed: number; readonly cubeness: number; readonly join: FragmentJoin };
  readonly anisotropy: number;
  readonly borderMinDist: number;
  readonly useComponents: readonly number[];
  readonly minSize: number;
}

/** Name, component and e2, e3 of every sample that `samplesBlock` finds in the whole volume. */
async function foundSamples(scene: Scene) {
  return await inTempFolder(async (folder) => {
    const { shape, raw, labels, anisotropy } = scene;
    const chunk: Zyx = [16, 32, 32];
    const numbers = await componentsOf(scene);
    const save = async (name: string, dtype: "uint8" | "uint32", values: Voxels) => {
      const volume = await createZarr(`${folder}/${name}`, { shape, chunk, dtype });
      await writeRegion(volume, wholeRegion(shape), values);
      return volume.path;
    };
    const frames = await createZarr(`${folder}/frames`, { shape, chunk, dtype: "float32", components: 9 });
    for (let c = 0; c < 9; c++) await writeRegion(frames, wholeRegion(shape), frameComponent(c, shape), c);
    const job: SamplesJob = {
      stage: "samples",
      volume: {
        raw: await save("raw", "uint8", raw),
        anisotropy,
        slic: { ...scene.svox, anisotropy },
        frames: { kind: "file", path: frames.path },
        gridStep: 1,
        sources: [{ kind: "raw" }],
        columns: [],
      },
      labels: await save("labels", "uint8", labels),
      components: await save("components", "uint32", numbers),
      useComponents: scene.useComponents,
      borderMinDist: scene.borderMinDist,
      seed: 0,
      negativeShare: 1,
      folder,
    };
    const whole = wholeRegion(shape);
    const counts = await samplesBlock(kernels, await openSamplesJob(job), whole, whole);
    const table = await readSamples(`${folder}/${blockFileName(whole, "samples")}`);
    const samples = new Map<string, { component: number; frame: number[]; centroid: number[] }>();
    for (let i = 0; i < table.count; i++) {
      samples.set(supervoxelKey(table.seeds[i] ?? 0, table.first[i] ?? 0), {
        component: table.components[i] ?? 0,
        frame: [...table.frames.subarray(i * 6, i * 6 + 6)],
        centroid: [...table.centroids.subarray(i * 3, i * 3 + 3)],
      });
    }
    assert.equal(samples.size, table.count, "a supervoxel was found twice");
    return { samples, counts, numbers };
  });
}

async function componentsOf({ labels, shape, minSize }: Scene): Promise<Uint32Array> {
  const numbers = new Uint32Array(labels.length);
  const source = arraySource("labels", labels, shape, shape);
  await findComponents(source, arraySink(numbers, shape, shape), { minSize });
  return numbers;
}

/**
 * A component of a frame that turns about z from voxel to voxel: e1 = z, e2 and e3 across. Multiples of 1/65 with squares that sum
 * to 1, nearly exact.
 */
function frameComponent(c: number, shape: Zyx): Float32Array {
  return Float32Array.from({ length: voxelCount(shape) }, (_, i) => frameAt(i)[c] ?? 0);
}

function frameAt(i: number): number[] {
  const [a, b] = ([[1, 0], [0.6, 0.8], [-0.8, 0.6], [5 / 13, -12 / 13]] as const)[i % 4] ?? [1, 0];
  return [0, 0, 1, a, b, 0, -b, a, 0];
}

async function check(scene: Scene): Promise<{ positives: number; negatives: number }> {
  const { samples, counts, numbers } = await foundSamples(scene);
  const { shape, labels, anisotropy, borderMinDist, useComponents } = scene;
  const whole = findSupervoxels(scene.raw, shape, { ...scene.svox, anisotropy });
  const members = new Map<string, number[]>();
  for (const [i, name] of whole.names.entries()) {
    const list = members.get(name);
    if (list) list.push(i);
    else members.set(name, [i]);
  }
  const expected = new Map<string, number>();
  for (const [name, voxels] of members) {
    const [z = 0, y = 0, x = 0] = whole.byName.get(name)?.centroid ?? [];
    const across = Math.min(x, y, shape[2] - 1 - x, shape[1] - 1 - y);
    const along = Math.min(z, shape[0] - 1 - z);
    if (across < borderMinDist || along < borderMinDist / anisotropy) continue;
    const share = (inside: (i: number) => boolean) => voxels.filter(inside).length / voxels.length;
    const positive = new Set(voxels.map((i) => numbers[i] ?? 0)).values()
      .find((id) => id > 0 && share((i) => numbers[i] === id) >= 0.9);
    if (positive !== undefined) {
      if (useComponents.length === 0 || useComponents.includes(positive)) expected.set(name, positive);
    } else if (share((i) => labels[i] === 0) >= 0.8) expected.set(name, 0);
  }
  assert.deepEqual(
    [...samples].map(([name, { component }]) => `${name} ${component}`).sort(),
    [...expected].map(([name, component]) => `${name} ${component}`).sort(),
  );
  for (const [name, { frame, centroid }] of samples) {
    assert.deepEqual(centroid, whole.byName.get(name)?.centroid);
    const [z = 0, y = 0, x = 0] = centroid;
    const wanted = frameAt((z * shape[1] + y) * shape[2] + x).slice(3);
    assert.deepEqual(frame, wanted.map(Math.fround));
  }
  const positives = [...expected.values()].filter((component) => component > 0).length;
  assert.deepEqual(counts, {
    supervoxels: members.size,
    positives,
    negatives: expected.size - positives,
  });
  return { positives, negatives: counts.negatives };
}

/** Labels in blobs of 0, 128 and 255. */
function blobs(shape: Zyx, seed: number, size: number): Uint8Array {
  const [, ny, nx] = shape;
  return Uint8Array.from({ length: voxelCount(shape) }, (_, i) => {
    const [z, y, x] = [Math.floor(i / (nx * ny)), Math.floor(i / nx) % ny, i % nx].map((p) =>
      Math.floor(p / size)
    );
    const hash = Math.imul(
      (x ?? 0) * 73856093 ^ (y ?? 0) * 19349663 ^ (z ?? 0) * 83492791 ^ seed,
      0x2c1b3c6d,
    );
    return [0, 255, 0, 128, 255][((hash >>> 8) & 0xffff) % 5] ?? 0;
  });
}

Deno.test("samplesBlock() finds negatives of 80 %, positives of 90 % in one component, away from the border", async () => {
  const total = { positives: 0, negatives: 0 };
  const cases = fc.record({
    shape: fc.constantFrom<Zyx>([9, 20, 23], [14, 18, 20]),
    seed: fc.integer({ min: 1, max: 1000 }),
    size: fc.integer({ min: 2, max: 6 }),
    svox: fc.constantFrom(
      { seed: 2, cubeness: 16, join: "nearest" as const },
      { seed: 3, cubeness: 40, join: "scan" as const },
    ),
    anisotropy: fc.constantFrom(1, 2.5),
    borderMinDist: fc.integer({ min: 0, max: 6 }),
    useComponents: fc.constantFrom([], [1, 2], [3]),
    minSize: fc.constantFrom(1, 30),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ seed, size, ...rest }) => {
      const { shape } = rest;
      const scene = { ...rest, raw: contents("smooth", shape, seed), labels: blobs(shape, seed, size) };
      const { positives, negatives } = await check(scene);
      total.positives += positives;
      total.negatives += negatives;
    }),
    { numRuns: 25, seed: 4 },
  );
  assert.ok(total.positives > 50 && total.negatives > 200, JSON.stringify(total));
});

Deno.test("samplesBlock() takes a supervoxel whose first voxels are of another component than 90 % of it", async () => {
  const shape: Zyx = [5, 5, 5];
  const labels = new Uint8Array(125).fill(255);
  for (const beside of [1, 5, 25]) labels[beside] = 0; // cut voxel 0 off
  const scene: Scene = {
    ...{
      shape,
      labels,
      raw: new Uint8Array(125).fill(9),
      svox: { seed: 5, cubeness: 16, join: "nearest" as const },
      anisotropy: 1,
    },
    ...{ borderMinDist: 0, useComponents: [], minSize: 1 },
  };
  assert.deepEqual(await check(scene), { positives: 1, negatives: 0 });
});
