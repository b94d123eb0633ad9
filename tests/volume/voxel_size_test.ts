import assert from "node:assert/strict";
import { describeVolumeFile } from "../../src/volume/open.ts";
import { runJob } from "../helpers/run_job.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { tiffOf } from "../helpers/tiff_builder.ts";
import { nanometresOf } from "../../src/volume/length_units.ts";
import { attributedVoxelSize, describeVoxelSize, voxelSizeAttribute } from "../../src/volume/voxel_size.ts";

Deno.test("attributedVoxelSize() reads what voxelSizeAttribute() keeps", () => {
  assert.deepEqual(attributedVoxelSize({ ...voxelSizeAttribute([50, 4.6, 4.6]), other: 1 }), [50, 4.6, 4.6]);
  assert.equal(attributedVoxelSize(voxelSizeAttribute(undefined)), undefined);
});

Deno.test("attributedVoxelSize() takes no size that is not three lengths above 0", () => {
  for (const voxelSize of [[1, 2], [1, 2, 0], [1, 2, "3"], [1, 2, -3], [1, 2, Infinity], "1", null, {}]) {
    assert.equal(attributedVoxelSize({ voxelSize }), undefined, JSON.stringify(voxelSize));
  }
});

Deno.test("nanometresOf() knows the units that EM files use", () => {
  assert.deepEqual(["um", "µm", "\\u00B5m", "micron", "Nanometer", "inch"].map(nanometresOf), [
    1e3,
    1e3,
    1e3,
    1e3,
    1,
    25.4e6,
  ]);
  assert.equal(nanometresOf("pixel"), undefined);
});

Deno.test("describeVoxelSize() names the axes in the order people do", () => {
  assert.equal(describeVoxelSize([50, 4.6, 4.6]), "4.6 x 4.6 x 50 nm (x, y, z)");
});

const UNITS: readonly (readonly [nanometres: number | undefined, ...names: readonly string[]])[] = [
  [1, "nm", "NM", "nanometer", "nanometre", "Nanometers", "nanometres", " nm "],
  [
    1e3,
    "um",
    "µm",
    "μm",
    "\\u00B5m",
    "\\u00b5m",
    "\\u03BCm",
    "UM",
    "micron",
    "Microns",
    "micrometer",
    "micrometres",
  ],
  [1e6, "mm", "MM", "millimeter", "millimetres"],
  [1e7, "cm", "centimeter", "centimetres"],
  [1e8, "dm", "decimeter"],
  [1e9, "m", "meter", "metre", "meters"],
  [1e11, "hm", "hectometer"],
  [1e12, "km", "kilometer"],
  [1e15, "Mm", "megameter"],
  [1e-3, "pm", "picometer"],
  [1e24, "Pm", "petameter"],
  [1e-6, "fm", "femtometer"],
  [1e-9, "am", "attometer"],
  [1e-12, "zm", "zeptometer"],
  [1e30, "Zm", "zettameter"],
  [1e-15, "ym", "yoctometer"],
  [1e33, "Ym", "yottameter"],
  [0.1, "Å", "\u212b", "\\u00C5", "angstrom", "Angstroms", "ångström"],
  [25.4e6, "inch", "inches", "in", "IN", '"'],
  [25.4e3, "thou", "mil"],
  [25.4e6 / 12, "li"],
  [25.4e6 / 72, "pt"],
  [304.8e6, "ft", "foot", "feet"],
  [914.4e6, "yd", "yard", "yards"],
  [1609.344e9, "mi", "mile", "miles"],
  [149597870700e9, "ua", "au"],
  [9460730472580800e9, "ly"],
  [3.0856775814913673e25, "pc", "parsec"],
  [
    undefined,
    "pixel",
    "pixels",
    "reference frame",
    "",
    "s",
    "sec",
    "Gray Value",
    "voxel",
    "a.u.",
    "constructor",
    "toString",
  ],
];

for (const [nanometres, ...names] of UNITS) {
  Deno.test(`nanometresOf() takes ${names.join(", ")} for ${nanometres ?? "no length"}`, () => {
    for (const name of names) {
      const found = nanometresOf(name);
      if (nanometres === undefined) assert.equal(found, undefined, name);
      else assert.ok(found !== undefined && Math.abs(found / nanometres - 1) < 1e-12, `${name}: ${found}`);
    }
  });
}

type Sized = readonly [
  what: string,
  text: string,
  resolution: readonly [number, number, number, number],
  size: readonly number[] | undefined,
];
const imageJ = (text: string) => `ImageJ=1.53t\nimages=2\nslices=2\n${text}`;
const OME = (attributes: string) =>
  `<?xml version="1.0"?><OME><Image><Pixels DimensionOrder="XYZCT" SizeX="4" SizeY="4" SizeZ="2" SizeC="1" SizeT="1" Type="uint8" ${attributes}/></Image></OME>`;
const SIZED: readonly Sized[] = [
  ["microns", imageJ("unit=micron\nspacing=0.05\n"), [250, 1, 200, 1], [50, 5, 4]],
  ["a unit of its own along z", imageJ("unit=nm\nzunit=micron\nspacing=0.05\n"), [1, 4, 1, 5], [50, 5, 4]],
  ["units of their own along y and z", imageJ("unit=nm\nyunit=micron\nzunit=mm\nspacing=0.00005\n"), [
    1,
    4,
    200,
    1,
  ], [50, 5, 4]],
  ["a spacing that is negative", imageJ("unit=nm\nspacing=-50\n"), [1, 4, 1, 5], [50, 5, 4]],
  ["no unit along z", imageJ("unit=nm\nzunit=pixel\nspacing=50\n"), [1, 4, 1, 5], undefined],
  ["pixels", imageJ("unit=pixel\nspacing=50\n"), [1, 4, 1, 5], undefined],
  ["inches that are meant", imageJ("unit=inch\nspacing=0.001\n"), [10000, 1, 10000, 1], [25400, 2540, 2540]],
  ["72 dots an inch", imageJ("unit=inch\nspacing=1\n"), [72, 1, 72, 1], undefined],
  ["96 dots an inch", imageJ("unit=inch\nspacing=1\n"), [96, 1, 96, 1], undefined],
  ["72 dots an inch, in centimetres", imageJ("unit=cm\nspacing=1\n"), [28346, 1000, 28346, 1000], undefined],
  ["96 dots an inch, in microns", imageJ("unit=um\nspacing=1\n"), [96, 25400, 96, 25400], undefined],
  ["angstroms, escaped", imageJ("unit=\\u00C5\nspacing=500\n"), [1, 40, 1, 50], [50, 5, 4]],
  [
    "OME in nm",
    OME(
      'PhysicalSizeX="4" PhysicalSizeXUnit="nm" PhysicalSizeY="5" PhysicalSizeYUnit="nm" PhysicalSizeZ="50" PhysicalSizeZUnit="nm"',
    ),
    [1, 1, 1, 1],
    [50, 5, 4],
  ],
  [
    "OME in different units",
    OME(
      'PhysicalSizeX="40" PhysicalSizeXUnit="Å" PhysicalSizeY="5000" PhysicalSizeYUnit="pm" PhysicalSizeZ="0.05"',
    ),
    [1, 1, 1, 1],
    [50, 5, 4],
  ],
  ["OME in pixels", OME('PhysicalSizeX="4" PhysicalSizeXUnit="pixel" PhysicalSizeY="5" PhysicalSizeZ="50"'), [
    1,
    1,
    1,
    1,
  ], undefined],
  [
    "OME of a screen",
    OME('PhysicalSizeX="352.778" PhysicalSizeY="352.778" PhysicalSizeZ="1"'),
    [1, 1, 1, 1],
    undefined,
  ],
];

for (const [what, description, resolution, size] of SIZED) {
  Deno.test(`describeVolumeFile() reads the voxel size of TIFF: ${what}`, () =>
    inTempFolder(async (folder) => {
      const page = { shape: [1, 4, 4], description, resolution } as const;
      Deno.writeFileSync(`${folder}/v.tif`, tiffOf([page, page], () => 1));
      const found = (await describeVolumeFile(`${folder}/v.tif`)).voxelSize;
      if (size === undefined || found === undefined) assert.equal(found, size);
      else {assert.ok(
          found.every((length, axis) => Math.abs(length / (size[axis] ?? 0) - 1) < 1e-9),
          `${found}`,
        );}
    }));
}

Deno.test("runCcboost() warns where the voxels of a test volume are not as large as those that are learned from", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const text = await Deno.readTextFile(`${folder}/job.cfg`);
    const sized = text.replace("train = {", "train = { voxelSize = [4.0, 4.0, 4.0];").replace(
      /test = \( \{\s*rawVolume = "raw.tif"/,
      'test = ( { voxelSize = [8.0, 8.0, 8.0]; rawVolume = "other.tif"',
    );
    await Deno.writeTextFile(`${folder}/job.cfg`, sized);
    const { said } = await runJob(folder, { set: ["numStumps=2"] });
    assert.match(
      said,
      /warning: other\.tif: voxels of 8 x 8 x 8 nm \(x, y, z\), but the model is of raw\.tif with voxels of 4 x 4 x 4 nm/,
    );
    await Deno.writeTextFile(`${folder}/job.cfg`, sized.replace("[8.0, 8.0, 8.0]", "[4.2, 4.0, 4.0]"));
    assert.doesNotMatch((await runJob(folder, { set: ["numStumps=2"] })).said, /but the model is of/);
  }));
