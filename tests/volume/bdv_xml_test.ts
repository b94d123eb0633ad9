/** Datasets of BigDataViewer, opened by their XML file. */
import assert from "node:assert/strict";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { N5_LAYOUT, writeN5 } from "../helpers/n5_files.ts";
import { pythonWith } from "../helpers/other_programs.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { converted } from "../helpers/volume_files.ts";

const SETUP = (id: number | string, size = "0.4 0.5 5") =>
  `<ViewSetup><id>${id}</id><name>c ${id}</name><size>12 10 3</size>
   <voxelSize><unit>µm</unit><size>${size}</size></voxelSize></ViewSetup>`;

interface Parts {
  readonly loader?: string;
  readonly setups?: string;
  readonly times?: string;
  readonly base?: string;
}

const HDF5_LOADER = `<ImageLoader format="bdv.hdf5"><hdf5 type="relative">v.h5</hdf5></ImageLoader>`;
const N5_LOADER = `<ImageLoader format="bdv.n5" version="1.0"><n5 type="relative">v.n5</n5></ImageLoader>`;
const ONE_TIME = `<Timepoints type="pattern"><integerpattern>0</integerpattern></Timepoints>`;

function xmlOf({ loader = N5_LOADER, setups = SETUP(0), times = ONE_TIME, base = "." }: Parts): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<SpimData version="0.2"><BasePath type="relative">${base}</BasePath>
<SequenceDescription>${loader}<ViewSetups>${setups}</ViewSetups>${times}</SequenceDescription>
<ViewRegistrations><ViewRegistration timepoint="0" setup="0"></ViewRegistration></ViewRegistrations></SpimData>`;
}

function write(folder: string, parts: Parts): string {
  Deno.writeTextFileSync(`${folder}/dataset.xml`, xmlOf(parts));
  return `${folder}/dataset.xml`;
}

Deno.test("openVolume() opens the view of a BigDataViewer dataset that is chosen, with its voxel size", () =>
  inTempFolder(async (folder) => {
    for (const setup of [0, 3]) {
      for (const time of [4, 6]) {
        const path = `${folder}/data/v.n5/setup${setup}/timepoint${time}/s0`;
        writeN5(path, N5_LAYOUT, () => 10 * setup + time);
      }
    }
    const times = `<Timepoints type="pattern"><integerpattern>4-6:2</integerpattern></Timepoints>`;
    const xml = write(folder, { setups: SETUP(0) + SETUP(3, "1 1 2"), times, base: "data" });
    const { format, shape, voxelSize } = await describeVolumeFile(`${xml}#channel=0,time=1`);
    assert.deepEqual([format, shape, voxelSize], ["n5", [3, 10, 12], [5000, 500, 400]]);
    assert.deepEqual((await describeVolumeFile(`${xml}#channel=1,time=0`)).voxelSize, [2000, 1000, 1000]);
    const { voxels } = await converted(`${xml}#channel=1,time=1`, `${folder}/out.zarr`);
    assert.deepEqual(new Set(voxels), new Set([36]));
    await rejected(() => describeVolumeFile(xml), /2 setups; choose one with --channel N, from 0 to 1/);
    await rejected(
      () => describeVolumeFile(`${xml}#channel=0`),
      /2 time points; choose one with --time-point N/,
    );
    await rejected(() => describeVolumeFile(`${xml}#channel=2,time=0`), /2 setups, so no setup 2/);
  }));

const PYTHON = pythonWith("h5py", "numpy");
const H5PY = `
import sys, h5py, numpy
z, y, x = numpy.mgrid[:3, :10, :12]
with h5py.File(sys.argv[1], "w") as file:
    file.create_dataset("__DATA_TYPES__/Enum_Boolean", data=0)
    for setup in (0, 1):
        file.create_dataset(f"s{setup:02d}/resolutions", data=numpy.array([[1.0, 1, 1], [2, 2, 1]]))
        file.create_dataset(f"s{setup:02d}/subdivisions", data=numpy.array([[4, 4, 2], [4, 4, 2]]))
        for level in (0, 1):
            values = (40000 + x + 13 * y + 101 * z + 1000 * setup).astype("u2").view("i2")[:, :: 1 + level, :: 1 + level]
            file.create_dataset(f"t00002/s{setup:02d}/{level}/cells", data=values, chunks=(2, 4, 4), compression="gzip")
`;

Deno.test({
  name: "openVolume() reads HDF5 of BigDataViewer as h5py writes it by its rules, unsigned",
  ignore: PYTHON === undefined,
  fn: () =>
    inTempFolder(async (folder) => {
      const { success, stderr } = await new Deno.Command(PYTHON ?? "", {
        args: ["-c", H5PY, `${folder}/v.h5`],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const times = `<Timepoints type="range"><first>2</first><last>2</last></Timepoints>`;
      const xml = write(folder, { loader: HDF5_LOADER, setups: SETUP(0) + SETUP(1), times });
      const { format, shape, dtype, voxelSize } = await describeVolumeFile(`${xml}#channel=1`);
      assert.deepEqual([format, shape, dtype, voxelSize], ["hdf5", [3, 10, 12], "uint16", [5000, 500, 400]]);
      const { voxels } = await converted(`${xml}#channel=1`, `${folder}/out.zarr`, {
        rescale: [41000, 41255],
      });
      const at = (2 * 10 + 3) * 12 + 7;
      assert.equal(voxels[at], 7 + 13 * 3 + 101 * 2);
    }),
});

const HOSTILE: readonly (readonly [name: string, parts: Parts | string, message: RegExp])[] = [
  ["no image loader", { loader: "" }, /image loader is "none"; expected bdv\.hdf5 or bdv\.n5/],
  ["another image loader", { loader: `<ImageLoader format="bdv.n5.cloud"/>` }, /loader is "bdv\.n5\.cloud"/],
  [
    "a loader without a file",
    { loader: `<ImageLoader format="bdv.n5"></ImageLoader>` },
    /expected bdv\.hdf5/,
  ],
  ["a file that is missing", { loader: HDF5_LOADER }, /v\.h5/],
  ["no setups", { setups: "" }, /no setup is in this file/],
  ["no time points", { times: "" }, /no time point is in this file/],
  [
    "a setup without a number",
    { setups: SETUP("x") },
    /the id of a ViewSetup is "x"; expected a whole number/,
  ],
  ["a setup with a path", { setups: SETUP("../../x") }, /the id of a ViewSetup is/],
  [
    "10^9 time points",
    { times: "<Timepoints><first>0</first><last>999999999</last></Timepoints>" },
    /time points from 0 to 999999999; expected at most/,
  ],
  [
    "time points backwards",
    { times: "<Timepoints><integerpattern>5-2</integerpattern></Timepoints>" },
    /time points from 5 to 2/,
  ],
  [
    "time points that are none",
    { times: "<Timepoints><integerpattern>a</integerpattern></Timepoints>" },
    /a time point is "missing"/,
  ],
  ["XML that ends at once", "<SpimData", /no setup is in this file/],
];

for (const [name, parts, message] of HOSTILE) {
  Deno.test(`openVolume() refuses a file of BigDataViewer with ${name}`, () =>
    inTempFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/dataset.xml`, typeof parts === "string" ? parts : xmlOf(parts));
      await rejected(() => describeVolumeFile(`${folder}/dataset.xml`), message);
    }));
}
