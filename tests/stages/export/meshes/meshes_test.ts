/** Meshes of labels, also as programs of others read them. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { exportVolume } from "../../../../src/stages/export/export.ts";
import { exportMeshes } from "../../../../src/stages/export/meshes/export_meshes.ts";
import { createMeshFolder } from "../../../../src/stages/export/meshes/mesh_files.ts";
import { exportView } from "../../../../src/stages/export/view.ts";
import { UserError } from "../../../../src/user_error.ts";
import type { Dtype } from "../../../../src/volume/dtype.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../../../src/volume/region.ts";
import { createZarr, writeRegion, type ZarrVolume } from "../../../../src/volume/zarr/mod.ts";
import { works } from "../../../helpers/other_programs.ts";
import { inTempFolder } from "../../../helpers/temp_folder.ts";

const SHAPE: Zyx = [20, 40, 50];
const VOXEL_SIZE: Zyx = [10, 4, 5];
/** Ellipsoids of 7: a ball in space; 3 is at the border of the volume. */
const BALLS: readonly { readonly label: number; readonly centre: Zyx; readonly radii: Zyx }[] = [
  { label: 7, centre: [9, 15, 15], radii: [4, 10, 8] },
  { label: 3, centre: [10, 30, 49], radii: [3, 6, 9] },
];

async function labelVolume(
  folder: string,
  options: { dtype?: Dtype; chunk?: Zyx; voxelSize?: Zyx } = {},
): Promise<ZarrVolume> {
  const { dtype = "uint32", chunk = [8, 16, 32], voxelSize } = options;
  const [, height, width] = SHAPE;
  const labels = Uint32Array.from({ length: voxelCount(SHAPE) }, (_, i) => {
    const at = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    return BALLS.find(({ centre, radii }) =>
      Math.hypot(...at.map((n, k) => (n - (centre[k] ?? 0)) / (radii[k] ?? 1))) <= 1
    )?.label ?? 0;
  });
  const volume = await createZarr(`${folder}/labels-${chunk.join("-")}.zarr`, {
    shape: SHAPE,
    chunk,
    dtype,
    attributes: voxelSize ? { voxelSize } : {},
  });
  await writeRegion(volume, wholeRegion(SHAPE), dtype === "float32" ? Float32Array.from(labels) : labels);
  return volume;
}

/** What others find in a file of meshes. */
interface FoundMesh {
  readonly triangles: number;
  readonly closed: boolean;
  readonly volume: number;
  /** Least and largest x, y and z. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** Of OBJ: name and triangles of each group. */
  readonly parts?: readonly (readonly [name: string, triangles: number])[];
}

const PYTHON = "/usr/bin/python3";
const SCRIPT = fileURLToPath(new URL("read_meshes.py", import.meta.url));
const ignore = !works(PYTHON, SCRIPT);

function readMesh(path: string): FoundMesh {
  const { code, stdout, stderr } = new Deno.Command(PYTHON, { args: [SCRIPT, path] }).outputSync();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as FoundMesh;
}

Deno.test({
  name: `exportVolume() writes meshes that numpy-stl and Assimp read${
    ignore ? " (skipped: no python3-stl and assimp-utils)" : ""
  }`,
  ignore,
  fn: () =>
    inTempFolder(async (folder) => {
      const volume = await labelVolume(folder, { voxelSize: VOXEL_SIZE });
      const [all, obj, seven] = [`${folder}/all.stl`, `${folder}/all.obj`, `${folder}/seven.stl`];
      assert.equal((await exportVolume(volume, all)).meshes, 2);
      await exportVolume(volume, obj);
      await exportVolume(volume, seven, { threshold: 7 });
      const [both, groups, ball] = [readMesh(all), readMesh(obj), readMesh(seven)];
      assert.deepEqual([both.closed, ball.closed, groups.triangles], [true, true, both.triangles]);
      assert.deepEqual(groups.parts?.toSorted(), [
        ["synapse_3", both.triangles - ball.triangles],
        ["synapse_7", ball.triangles],
      ]);
      assert(Math.abs(groups.volume / both.volume - 1) < 1e-4);
      const expected = 4 / 3 * Math.PI * 40 ** 3;
      assert(Math.abs(ball.volume / expected - 1) < 0.06, `${ball.volume} of ${expected}`);
      for (const [axis, middle] of [75, 60, 90].entries()) { // x, y, z of voxel 15, 15, 9 in nm
        const [low = 0, high = 0] = [ball.low[axis], ball.high[axis]];
        assert(Math.abs((low + high) / 2 - middle) < 1e-3, `${low} ... ${high}`);
        assert(high - low > 70 && high - low < 95, `${low} ... ${high}`);
      }
      // closed half a voxel or less behind the border of the volume
      assert((both.high[0] ?? 0) > 49 * 5 && (both.high[0] ?? 0) <= 49.5 * 5);
    }),
});

Deno.test("exportMeshes() writes the same bytes for any chunks and memory", () =>
  inTempFolder(async (folder) => {
    const digests = new Set<string>();
    for (
      const [chunk, memory] of [[[8, 16, 32], 2 ** 27], [[20, 40, 50], 2 ** 20], [
        [4, 8, 8],
        2 ** 19,
      ]] as const
    ) {
      const volume = await labelVolume(folder, { chunk });
      await exportVolume(volume, `${folder}/a.obj`, { memory });
      digests.add(await Deno.readTextFile(`${folder}/a.obj`));
    }
    assert.equal(digests.size, 1);
    const [text = ""] = digests;
    assert.match(text, /^# .*xy-voxels/);
    assert.deepEqual(text.match(/^g .*/gm), ["g synapse_3", "g synapse_7"]);
  }));

Deno.test("exportMeshes() places a region's meshes where they are in the volume", () =>
  inTempFolder(async (folder) => {
    const volume = await labelVolume(folder);
    const xs = async (name: string, region?: { start: Zyx; shape: Zyx }) => {
      await exportVolume(volume, `${folder}/${name}`, region ? { region } : {});
      const lines = (await Deno.readTextFile(`${folder}/${name}`)).split("\n");
      return lines.slice(lines.indexOf("g synapse_7")).filter((line) => line.startsWith("v ")).sort();
    };
    assert.deepEqual(await xs("part.obj", { start: [2, 3, 4], shape: [18, 30, 30] }), await xs("all.obj"));
  }));

Deno.test("exportMeshes() says what to do where it cannot, and leaves no file", () =>
  inTempFolder(async (folder) => {
    const scores = await labelVolume(folder, { dtype: "float32" });
    const path = `${folder}/x.stl`;
    await assert.rejects(
      exportVolume(scores, path),
      (error: Error) =>
        error instanceof UserError &&
        /1 x float32 per voxel; meshes are made of labels.*--threshold/.test(error.message),
    );
    const labels = await labelVolume(folder, { chunk: [4, 8, 8] });
    await assert.rejects(
      exportVolume(labels, path, { memory: 2 ** 16 }),
      (error: Error) =>
        error instanceof UserError && /label 3 spans 7 x 1[13] x 10 voxels.*does not fit/.test(error.message),
    );
    assert.deepEqual(
      Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) => name.includes("x.stl")),
      [],
    );
    assert.equal((await exportVolume(scores, path, { threshold: 1 })).meshes, 1);
  }));

Deno.test("createMeshFolder() writes manifests and fragments as Neuroglancer's format of meshes has them", () =>
  inTempFolder(async (folder) => {
    const volume = await labelVolume(folder, { voxelSize: VOXEL_SIZE });
    const meshes = `${folder}/meshes`;
    await Deno.mkdir(meshes);
    const file = createMeshFolder(meshes, { lengths: VOXEL_SIZE, unit: "nm" });
    assert.equal(await exportMeshes(exportView(volume), file, { memory: 2 ** 26 }), 2);
    const names = Array.from(Deno.readDirSync(meshes), ({ name }) => name).sort();
    assert.deepEqual(names, ["3", "3:0", "7", "7:0", "info"]);
    const text = (name: string) =>
      JSON.parse(Deno.readTextFileSync(`${meshes}/${name}`)) as Record<string, unknown>;
    assert.deepEqual([text("info"), text("7:0")], [{ "@type": "neuroglancer_legacy_mesh" }, {
      fragments: ["7"],
    }]);
    const view = new DataView(Deno.readFileSync(`${meshes}/7`).buffer);
    const count = view.getUint32(0, true);
    const xs = Array.from({ length: count }, (_, v) => view.getFloat32(4 + 12 * v, true));
    assert(Math.min(...xs) > 75 - 45 && Math.max(...xs) < 75 + 45);
    const triangles = (view.byteLength - 4 - 12 * count) / 12;
    assert(Number.isInteger(triangles) && triangles > 100);
    for (let at = 4 + 12 * count; at < view.byteLength; at += 4) assert(view.getUint32(at, true) < count);
  }));
