/** One volume in every form that can be read, written by programs that have nothing to do with this one. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { convertVolume } from "../../src/stages/convert/convert.ts";
import { rescaledValues } from "../../src/stages/convert/checks.ts";
import { allocateVoxels, type SourceDtype, type Voxels } from "../../src/volume/dtype.ts";
import { describeVolumeFile, openRowSource } from "../../src/volume/open.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { viewAs } from "../../src/volume/unpack.ts";
import { openZarr, readRegion } from "../../src/volume/zarr/mod.ts";
import { pythonWith } from "../helpers/other_programs.ts";
import { serveFolder } from "../helpers/serve_folder.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** A form that the script wrote, and what should be read. */
interface Form {
  readonly form: string;
  readonly location: string;
  /** Raw voxels, little-endian. */
  readonly expected: string;
  readonly dtype: SourceDtype;
  readonly shape: Zyx;
  readonly voxelSize: Zyx | null;
}

interface Written {
  readonly forms: readonly Form[];
  /** Debian's packages that are not there. */
  readonly missing: readonly string[];
  /** Percentiles by type. */
  readonly ranges: Readonly<Record<string, readonly [number, number]>>;
}

const SCRIPT = fileURLToPath(new URL("../helpers/inputs_write.py", import.meta.url));

const python = pythonWith("numpy");
const hasPython = python !== undefined;
const title = hasPython
  ? "describeVolumeFile() and convertVolume() read what other programs wrote, voxel for voxel"
  : "reading what other programs wrote: skipped: python3-numpy is missing";

Deno.test({
  name: title,
  ignore: !hasPython,
  fn: (t) =>
    inTempFolder(async (folder) => {
      const { success, stdout, stderr } = await new Deno.Command(python ?? "", { args: [SCRIPT, folder] })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const { forms, missing, ranges } = JSON.parse(new TextDecoder().decode(stdout)) as Written;
      for (const name of missing) {
        await t.step({ name: `skipped: ${name} is missing`, ignore: true, fn() {} });
      }
      for (const [index, form] of forms.entries()) {
        await t.step(form.form, () => readsAsExpected(form, `${folder}/out-${index}`));
      }
      for (const [dtype, range] of Object.entries(ranges)) {
        const form = forms.find((one) => one.dtype === dtype && one.shape.length === 3 && one.shape[0] > 1);
        if (form === undefined) continue;
        await t.step(
          `--rescale auto of ${form.form}`,
          () => rescales(form, range, `${folder}/auto-${dtype}`),
        );
      }
      await t.step({
        name: "ImageJ stack of 4.5 GiB behind one directory",
        ignore: missing.includes("python3-tifffile"),
        fn: () => readsLargeStack(`${folder}/large.tif`),
      });
      await using server = serveFolder(folder);
      for (const form of forms.filter(({ location }) => /\.zarr(\/s\d)?$/.test(location))) {
        const location = form.location.replace(folder, server.address);
        const name = form.location.slice(folder.length + 1).replace("/", "-");
        await t.step(
          `${form.form}, over http`,
          () => readsAsExpected({ ...form, location }, `${folder}/http-${name}`, [1 << 24]),
        );
      }
    }),
});

function expectedVoxels({ expected, dtype }: Form): Voxels {
  const stored = viewAs(dtype, Deno.readFileSync(expected));
  return dtype === "uint8" ? stored as Uint8Array : Float32Array.from(stored as ArrayLike<number>, Number);
}

// Slabs of the whole volume, and of single chunks.
async function readsAsExpected(form: Form, out: string, memories = [1 << 24, 1]): Promise<void> {
  const { dtype, shape } = form;
  const found = await describeVolumeFile(form.location);
  assert.deepEqual([found.shape, found.components, found.dtype], [shape, 1, dtype]);
  requireSize(found.voxelSize, form);
  const expected = expectedVoxels(form);
  const type = dtype === "uint8" ? "uint8" : "float32";
  for (const [index, memory] of memories.entries()) {
    const volume = await convertVolume(form.location, `${out}-${index}`, {
      dtype: type,
      anisotropy: 1,
      chunk: [8, 32, 32],
      memory,
    });
    const voxels = allocateVoxels(type, voxelCount(shape));
    await readRegion(volume, wholeRegion(shape), voxels);
    assert.deepEqual(voxels, expected, `memory ${memory}`);
    requireSize(volume.voxelSize, form);
    if (volume.path === `${out}-${index}`) requireSize((await openZarr(volume.path)).voxelSize, form);
  }
}

function requireSize(found: Zyx | undefined, { voxelSize }: Form): void {
  if (voxelSize === null || found === undefined) return assert.equal(found ?? null, voxelSize);
  for (const [axis, length] of voxelSize.entries()) {
    // Resolutions are fractions, and MRC has 32-bit floats.
    assert.ok(Math.abs((found[axis] ?? 0) / length - 1) < 1e-6, `${found} instead of ${voxelSize}`);
  }
}

async function rescales(form: Form, [low, high]: readonly [number, number], out: string): Promise<void> {
  const stored = viewAs(form.dtype, Deno.readFileSync(form.expected));
  const expected = Uint8Array.from(stored as ArrayLike<number>, (stored) => {
    const share = (Number(stored) - low) / (high - low);
    return Math.round(255 * Math.min(1, Math.max(0, share)));
  });
  for (const memory of [1 << 24, 1]) {
    const volume = await convertVolume(form.location, `${out}-${memory}`, {
      dtype: "uint8",
      rescale: "auto",
      anisotropy: 1,
      chunk: [8, 32, 32],
      memory,
    });
    assert.deepEqual(rescaledValues(volume), [low, high]);
    const voxels = new Uint8Array(expected.length);
    await readRegion(volume, wholeRegion(form.shape), voxels);
    const differences = voxels.map((value, index) => Math.abs(value - (expected[index] ?? 0)));
    assert.ok(Math.max(...differences) <= 1);
    assert.ok(differences.filter((difference) => difference > 0).length <= expected.length / 1000);
  }
}

async function readsLargeStack(path: string): Promise<void> {
  const { shape, voxelSize } = await describeVolumeFile(path);
  assert.deepEqual([shape, voxelSize], [[9, 16384, 32768], [40, 5, 4]]);
  const source = await openRowSource(path, "tiff");
  try {
    const row = new Uint8Array(32768);
    for (const page of [0, 4, 8]) {
      await source.readRows(page, 0, 1, row);
      const first = page === 4 ? 0 : page + 1;
      assert.deepEqual([row[0], row[99], row[100]], [first, first, 0], `page ${page}`);
    }
  } finally {
    source.close();
  }
}
