import assert from "node:assert/strict";
import { fromArrayBuffer } from "geotiff";
import { arraySource } from "../src/analysis/voxel_source.ts";
import { loadSettings } from "../src/config/settings.ts";
import { findComponents } from "../src/stages/components.ts";
import { type Fixture, type FixtureOptions, generateFixture } from "../fixtures/fixture.ts";
import { createCells } from "../fixtures/cells.ts";
import { distance, placeSites } from "../fixtures/sites.ts";
import { writeDemo } from "../fixtures/generate.ts";
import { encodeTiff } from "../fixtures/tiff.ts";

const isotropic: FixtureOptions = { shape: [64, 72, 72], seed: 3 };
const anisotropic: FixtureOptions = { shape: [12, 96, 96], anisotropy: 8, seed: 5 };

async function digest({ raw, labels, synapses }: Fixture): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(synapses));
  const parts = await Promise.all([raw, labels, text].map((bytes) => crypto.subtle.digest("SHA-256", bytes)));
  return parts.map((part) => new Uint8Array(part).toHex().slice(0, 12)).join(" ");
}

Deno.test("generateFixture() gives the bytes it has always given", async () => {
  assert.equal(await digest(generateFixture(isotropic)), "c481f9ef70f8 385452ed0a88 77e8501babfa");
  assert.equal(await digest(generateFixture(anisotropic)), "b69cc8e8dba5 9793fbb7d275 b23629631d49");
});

Deno.test("placeSites() puts no vesicles before or behind a density that is no synapse's", () => {
  let densities = 0;
  for (const seed of [1, 2, 3]) {
    const extent = [96, 96, 96] as const;
    const sites = placeSites(createCells(extent, seed), extent, 12, 1);
    for (const density of sites.filter(({ kind }) => kind === "density")) {
      densities++;
      const clouds = sites.filter(({ kind, pre }) =>
        kind !== "density" && (pre === density.pre || pre === density.post)
      );
      assert.ok(clouds.every((cloud) => distance(cloud.centre, density.centre) >= 32));
    }
  }
  assert.ok(densities > 5);
});

Deno.test("generateFixture() gives another volume for another seed", () => {
  const shape = [6, 40, 40] as const;
  assert.notDeepEqual(generateFixture({ shape, seed: 1 }).raw, generateFixture({ shape, seed: 2 }).raw);
});

Deno.test("generateFixture() lists one synapse for each component of label 255", async () => {
  for (const options of [isotropic, anisotropic]) {
    const { labels, shape, synapses } = generateFixture(options);
    const { components } = await findComponents(arraySource("labels", labels, shape));
    assert.equal(synapses.length, components.length);
    assert.ok(synapses.length >= 2, `${synapses.length} synapses`);
    assert.ok(components.every((component) => component.voxels >= 25));
    assert.ok(labels.every((label) => label === 0 || label === 128 || label === 255));
    const numbers = new Uint32Array(labels.length);
    await findComponents(arraySource("labels", labels, shape), {
      shape,
      chunk: shape,
      write: (_region, data) => Promise.resolve(numbers.set(data)),
    });
    const found = synapses.map(({ position: [z, y, x] }) => numbers[(z * shape[1] + y) * shape[2] + x]);
    assert.deepEqual(found, components.map((component) => component.id));
  }
});

Deno.test("generateFixture() points from the density to the vesicles", () => {
  const { raw, shape, synapses } = generateFixture({ shape: [96, 96, 96], seed: 2 });
  /** Mean brightness of the 3 x 3 x 3 voxels around the point `t` voxels along a synapse's direction. */
  const brightness = (synapse: Fixture["synapses"][number], t: number) => {
    const [z, y, x] = synapse.position, [dx, dy, dz] = synapse.direction;
    const at = [z + t * dz, y + t * dy, x + t * dx].map(Math.round);
    let sum = 0;
    for (let i = 0; i < 27; i++) {
      const [v, u, w] = [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)].map((d, axis) =>
        (at[axis] ?? 0) + d - 1
      );
      sum += raw[((v ?? 0) * shape[1] + (u ?? 0)) * shape[2] + (w ?? 0)] ?? 0;
    }
    return sum / 27;
  };
  const mean = (from: number, to: number) => {
    let sum = 0, count = 0;
    for (const synapse of synapses) for (let t = from; t <= to; t++, count++) sum += brightness(synapse, t);
    return sum / count;
  };
  const vesicles = mean(7, 15), density = mean(-2, 1), beyond = mean(-15, -9);
  assert.ok(density + 40 < vesicles && vesicles + 12 < beyond, `${density} < ${vesicles} < ${beyond}`);
  for (const { polarity, direction } of synapses) {
    const product = polarity.reduce((sum, sign, axis) => sum + sign * (direction[axis] ?? 0), 0);
    assert.ok(product > 0.5);
    assert.ok(Math.abs(Math.hypot(...direction) - 1) < 1e-12);
  }
});

Deno.test("generateFixture() places as many synapses as asked for, and none", () => {
  const shape = [64, 72, 72] as const;
  assert.equal(generateFixture({ shape, seed: 3, synapses: 1 }).synapses.length, 1);
  const none = generateFixture({ shape: [8, 20, 20], seed: 3, synapses: 0 });
  assert.deepEqual([none.synapses.length, Math.max(...none.labels)], [0, 0]);
});

Deno.test("encodeTiff() writes what another reader reads", async () => {
  const voxels = Uint8Array.from({ length: 3 * 4 * 5 }, (_, i) => (i * 37) % 256);
  const tiff = await fromArrayBuffer(encodeTiff(voxels, [3, 4, 5]).buffer);
  assert.equal(await tiff.getImageCount(), 3);
  for (let z = 0; z < 3; z++) {
    const image = await tiff.getImage(z);
    assert.deepEqual([image.getHeight(), image.getWidth(), image.getBitsPerSample()], [4, 5, 8]);
    const [page] = await image.readRasters() as unknown as Uint8Array[];
    assert.deepEqual([...page ?? []], [...voxels.subarray(z * 20, z * 20 + 20)]);
  }
});

Deno.test("writeDemo() writes volumes and a configuration that reads them", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const options = { shape: [48, 64, 64], anisotropy: 1, seed: 2 } as const;
    const { train } = await writeDemo(folder, options);
    const settings = await loadSettings(`${folder}/demo.cfg`, { isKnownChannel: () => true });
    const [first] = train.synapses;
    assert.ok(first && settings.train);
    assert.equal(settings.train.ccPolarity.length, train.synapses.length);
    assert.deepEqual(settings.train.ccPolarity[0], {
      pos: [...first.position].reverse(),
      polarity: first.polarity,
    });
    const [test] = settings.test;
    for (const path of [settings.train.rawVolume, settings.train.groundTruth, test?.rawVolume ?? ""]) {
      const tiff = await fromArrayBuffer((await Deno.readFile(path)).buffer);
      assert.equal(await tiff.getImageCount(), 48);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
