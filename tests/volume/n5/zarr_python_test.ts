/** N5 as zarr-python writes it. */
import assert from "node:assert/strict";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { pythonWith } from "../../helpers/other_programs.ts";
import { expected, readBox, WHOLE } from "../../helpers/small_boxes.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const PYTHON = pythonWith("zarr.n5", "numcodecs");
const WRITE = `
import sys, numpy, zarr, numcodecs, warnings
warnings.simplefilter("ignore")
root = zarr.group(zarr.N5Store(sys.argv[1]))
z, y, x = numpy.mgrid[:3, :10, :12]
values = (x + 13 * y + 101 * z) % 120
codecs = {"raw": None, "gzip": numcodecs.GZip(5), "zlib": numcodecs.Zlib(5), "bz2": numcodecs.BZ2(5)}
for name in ("lz4", "blosclz", "zstd", "zlib", "lz4hc"):
    for shuffle in (0, 1, 2):
        codecs[f"blosc-{name}-{shuffle}"] = numcodecs.Blosc(cname=name, clevel=5, shuffle=shuffle)
for name, codec in codecs.items():
    for dtype in ("u1", "i2", "u2", "u4", "i8", "u8", "f4", "f8"):
        array = root.create_dataset(f"{name}/{dtype}", shape=values.shape, chunks=(2, 4, 5), dtype=dtype, compressor=codec)
        array[...] = values.astype(dtype)
        print(f"{name}/{dtype}")
`;

Deno.test({
  name: "openVolume() reads what zarr-python writes as N5, of each type and compression",
  ignore: PYTHON === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      const python = new Deno.Command(PYTHON ?? "", { args: ["-c", WRITE, `${folder}/v.n5`] });
      const { success, stdout, stderr } = await python.output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const names = new TextDecoder().decode(stdout).trim().split("\n");
      assert.equal(names.length, 19 * 8);
      for (const name of names) {
        const { dtype } = await describeVolumeFile(`${folder}/v.n5/${name}`);
        assert.deepEqual(await readBox("n5", `${folder}/v.n5/${name}`, dtype), expected(WHOLE), name);
      }
    }),
});
