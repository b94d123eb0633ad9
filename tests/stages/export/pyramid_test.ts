import assert from "node:assert/strict";
import fc from "fast-check";
import { UserError } from "../../../src/user_error.ts";
import { exportVolume } from "../../../src/stages/export/export.ts";
import { allocateVoxels, type Dtype, type Voxels } from "../../../src/volume/dtype.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../src/volume/region.ts";
import {
  createZarr,
  openZarr,
  readRegion,
  writeRegion,
  type ZarrVolume,
} from "../../../src/volume/zarr/mod.ts";
import { checkOmeZarr } from "./ome_zarr_rules.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

type Json = Readonly<Record<string, unknown>>;

async function makeVolume(
  path: string,
  options: { shape: Zyx; dtype: Dtype; components?: number; voxelSize?: Zyx },
): Promise<ZarrVolume> {
  const { shape, voxelSize, components = 1 } = options;
  const attributes = voxelSize === undefined ? {} : { voxelSize };
  const volume = await createZarr(path, { ...options, chunk: [8, 16, 32], attributes });
  for (let component = 0; component < components; component++) {
    const voxels = allocateVoxels(options.dtype, voxelCount(shape));
    for (let i = 0; i < voxels.length; i++) voxels[i] = ((i >> 2) * 7 + (i >> 9) + component) % 253;
    await writeRegion(volume, wholeRegion(shape), voxels, component);
  }
  return volume;
}

function omeFiles(path: string) {
  return {
    read: (name: string): Json => JSON.parse(Deno.readTextFileSync(`${path}/${name}/zarr.json`)) as Json,
  };
}

function omeOf(path: string): Record<string, never> {
  const { attributes } = omeFiles(path).read("") as { attributes: { ome: Record<string, never> } };
  return attributes.ome;
}

/** Every file below a folder with its contents. */
function contentsOf(folder: string): Map<string, string> {
  const contents = new Map<string, string>();
  const visit = (below: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${folder}/${below}`)) {
      const path = `${below}/${name}`;
      if (isDirectory) visit(path);
      else contents.set(path, new TextDecoder("latin1").decode(Deno.readFileSync(`${folder}/${path}`)));
    }
  };
  visit("");
  return contents;
}

async function voxelsOf(path: string): Promise<Voxels> {
  const volume = await openZarr(path);
  const voxels = allocateVoxels(volume.dtype, voxelCount(volume.shape));
  await readRegion(volume, wholeRegion(volume.shape), voxels);
  return voxels;
}

Deno.test("exportVolume() writes OME-Zarr that meets every demand of version 0.5, for any volume", async () => {
  await inTempFolder(async (folder) => {
    let count = 0;
    const length = (max: number) => fc.integer({ min: 1, max });
    const nanometres = fc.double({ min: 0.5, max: 60, noNaN: true });
    const volumes = fc.record({
      shape: fc.tuple(length(70), length(90), length(130)),
      dtype: fc.constantFrom<Dtype>("uint8", "uint32", "float32"),
      components: fc.constantFrom(1, 1, 3),
    });
    const sizes = fc.option(fc.tuple(nanometres, nanometres, nanometres));
    await fc.assert(
      fc.asyncProperty(volumes, sizes, async (options, voxelSize) => {
        const path = `${folder}/${count++}`;
        const volume = await makeVolume(path, { ...options, ...(voxelSize ? { voxelSize } : {}) });
        const { levels } = await exportVolume(volume, `${path}.ome.zarr`);
        checkOmeZarr(omeFiles(`${path}.ome.zarr`));
        const { multiscales: [multiscale] } = omeOf(`${path}.ome.zarr`) as unknown as {
          multiscales: [{ datasets: { coordinateTransformations: Json[] }[] }];
        };
        assert.equal(multiscale.datasets.length, levels);
        for (const [index, { coordinateTransformations }] of multiscale.datasets.entries()) {
          const [scale] = coordinateTransformations;
          const level = await openZarr(`${path}.ome.zarr/${index}`);
          // The arrays tell the same sizes as the group.
          const told = (scale?.["scale"] as number[]).slice(-3);
          if (voxelSize !== null) {
            for (const [axis, size] of told.entries()) {
              assert.ok(Math.abs(size - (level.voxelSize?.[axis] ?? 0)) <= size * 1e-11);
            }
          }
        }
      }),
      { numRuns: 12 },
    );
  });
});

Deno.test("exportVolume() writes the same OME-Zarr to the byte for any memory", async () => {
  await inTempFolder(async (folder) => {
    for (const dtype of ["uint8", "uint32", "float32"] as const) {
      const volume = await makeVolume(`${folder}/${dtype}`, {
        shape: [70, 150, 90],
        dtype,
        voxelSize: [9, 5, 5],
      });
      const [first, ...others] = await Promise.all([1, 3e6, 1e9].map(async (memory) => {
        const path = `${folder}/${memory}/out.ome.zarr`;
        await Deno.mkdir(`${folder}/${memory}`, { recursive: true });
        await exportVolume(volume, path, { memory });
        return contentsOf(path);
      }));
      assert.ok((first?.size ?? 0) > 10);
      for (const other of others) assert.deepEqual(other, first);
    }
  });
});

Deno.test("exportVolume() writes a region and a threshold to every format", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [9, 40, 50];
    const volume = await makeVolume(`${folder}/in`, { shape, dtype: "float32", voxelSize: [40, 4, 4] });
    const region = { start: [2, 5, 7], shape: [5, 30, 31] } as const;
    const part = new Float32Array(voxelCount(region.shape));
    await readRegion(volume, region, part);
    const expected = Uint8Array.from(part, (value) => value >= 100 ? 255 : 0);
    assert.deepEqual(new Set(expected), new Set([0, 255]));
    for (const memory of [1, 1e8]) {
      for (const [name, headBytes] of [["m.nrrd", undefined], ["m.tif", 16], ["m.h5", 4096]] as const) {
        const path = `${folder}/${memory}-${name}`;
        await exportVolume(volume, path, { region, threshold: 100, memory });
        const bytes = Deno.readFileSync(path);
        const start = headBytes ?? bytes.length - expected.length;
        assert.deepEqual(bytes.subarray(start, start + expected.length), expected);
      }
      const path = `${folder}/${memory}.zarr`;
      const written = await exportVolume(volume, path, { region, threshold: 100, memory });
      assert.deepEqual([written.shape, written.dtype], [region.shape, "uint8"]);
      assert.deepEqual(await voxelsOf(`${path}/0`), expected);
      checkOmeZarr(omeFiles(path));
      const { "image-label": label, multiscales } = omeOf(path) as unknown as {
        "image-label": { colors: Json[] };
        multiscales: { datasets: { coordinateTransformations: Json[] }[] }[];
      };
      assert.deepEqual(label.colors.map((colour) => colour["label-value"]), [255]);
      const [dataset] = multiscales[0]?.datasets ?? [];
      assert.deepEqual(dataset?.coordinateTransformations[1]?.["translation"], [80, 20, 28]);
    }
    await assert.rejects(
      exportVolume(volume, `${folder}/n.nrrd`, { region: { start: [0, 0, 20], shape: [9, 40, 31] } }),
      /region 0,0,20\+9,40,31 \(z,y,x\) is not in its 9 x 40 x 50 voxels/,
    );
  });
});

Deno.test("exportVolume() leaves nothing of an OME-Zarr volume that is stopped, and what was there as it was", async () => {
  await inTempFolder(async (folder) => {
    const volume = await makeVolume(`${folder}/in`, { shape: [70, 90, 100], dtype: "uint8" });
    const path = `${folder}/out.ome.zarr`;
    await exportVolume(volume, path);
    const before = contentsOf(path);
    for (const share of [0, 0.6, 0.99]) {
      const control = new AbortController();
      const onProgress = (done: number, total: number) => {
        if (done >= share * total) control.abort(new Error("stopped"));
      };
      const stopped = exportVolume(volume, path, { memory: 1, signal: control.signal, onProgress });
      await assert.rejects(stopped, /stopped/);
      assert.deepEqual(contentsOf(path), before);
      assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name).sort(), [
        "in",
        "out.ome.zarr",
      ]);
    }
    await exportVolume(volume, path, { kind: "labels" });
    assert.notDeepEqual(contentsOf(path), before);
  });
});

Deno.test("exportVolume() does not replace what holds more than a multiscale volume", async () => {
  await inTempFolder(async (folder) => {
    const volume = await makeVolume(`${folder}/in`, { shape: [3, 4, 5], dtype: "uint8" });
    const path = `${folder}/out.zarr`;
    await exportVolume(volume, path);
    await Deno.mkdir(`${path}/labels`);
    await assert.rejects(
      exportVolume(volume, path),
      /out\.zarr: holds labels, which replacing it would remove/,
    );
    await Deno.mkdir(`${folder}/mine.zarr`);
    await Deno.writeTextFile(`${folder}/mine.zarr/thesis.txt`, "all of it");
    await assert.rejects(exportVolume(volume, `${folder}/mine.zarr`), /no Zarr volume, so it is left alone/);
    await Deno.writeTextFile(`${folder}/file.zarr`, "");
    await assert.rejects(exportVolume(volume, `${folder}/file.zarr`), /a file; a Zarr volume is a folder/);
    await Deno.writeTextFile(`${folder}/file.h5`, "");
    await assert.rejects(exportVolume(volume, `${folder}/file.h5:/x`), /replacing it would remove all/);
    const floats = await makeVolume(`${folder}/floats`, { shape: [3, 4, 5], dtype: "float32" });
    await assert.rejects(
      exportVolume(floats, `${folder}/labels.zarr`, { kind: "labels" }),
      (cause) => cause instanceof UserError && /labels are whole numbers/.test(cause.message),
    );
  });
});

Deno.test("exportVolume() adds labels to an image, at its levels, and lists them", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [70, 90, 100];
    const image = `${folder}/image.ome.zarr`;
    await exportVolume(
      await makeVolume(`${folder}/raw`, { shape, dtype: "uint8", voxelSize: [20, 5, 5] }),
      image,
    );
    const volume = await makeVolume(`${folder}/labels`, { shape, dtype: "uint8" });
    for (const name of ["mask", "cells", "mask"]) await exportVolume(volume, `${image}/labels/${name}`);
    assert.deepEqual(omeOf(`${image}/labels`), { version: "0.5", labels: ["cells", "mask"] });
    const transformations = (path: string) => {
      checkOmeZarr(omeFiles(path));
      const { multiscales } = omeOf(path) as unknown as { multiscales: { datasets: unknown }[] };
      return multiscales[0]?.datasets;
    };
    assert.deepEqual(transformations(`${image}/labels/mask`), transformations(image));
    const { "image-label": label } = omeOf(`${image}/labels/mask`) as unknown as { "image-label": Json };
    assert.deepEqual(label["source"], { image: "../../" });
    const part = { start: [0, 0, 0], shape: [70, 90, 99] } as const;
    await assert.rejects(
      exportVolume(volume, `${image}/labels/part`, { region: part }),
      /labels of 70 x 90 x 99 voxels for an image of 70 x 90 x 100/,
    );
    await assert.rejects(exportVolume(volume, `${folder}/none.zarr/labels/mask`), /no OME-Zarr image/);
    const names = Array.from(Deno.readDirSync(`${image}/labels`), ({ name }) => name).sort();
    assert.deepEqual(names, ["cells", "mask", "zarr.json"]);
  });
});
