/** Label volumes of all kinds: what their values mean, and what is said where that must be asked for. */
import assert from "node:assert/strict";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { bytesOf, type Type, writeNrrd } from "./label_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const MOST = 2n ** 64n - 1n;

/** Values, what they are said to mean, and what becomes of them. */
const READ: readonly (readonly [
  name: string,
  type: Type,
  values: readonly (number | bigint)[],
  labels: string,
  expected: readonly number[],
  told: RegExp,
])[] = [
  [
    "ids from 1 on",
    "uint8",
    [0, 1, 2, 255, 0],
    "ids",
    [0, 255, 255, 255, 0],
    /negative are 0 \(2 voxels\); positive are 1 \(1 voxel\), 2/,
  ],
  [
    "ids of 16 bits",
    "uint16",
    [0, 300, 65535],
    "ids",
    [0, 255, 255],
    /positive are 300 \(1 voxel\) and 65535/,
  ],
  ["ids of 32 bits, signed", "int32", [-1, 7, 70000], "ids", [0, 255, 255], /negative are -1/],
  [
    "ids of 32 bits, none as 2^32-1",
    "uint32",
    [4294967295, 7, 9],
    "ids",
    [0, 255, 255],
    /negative are 4294967295 \(1 voxel\)/,
  ],
  [
    "CREMI's clefts",
    "uint64",
    [MOST, MOST, 7n, 2n ** 53n],
    "ids",
    [0, 0, 255, 255],
    /negative are 18446744073709551615 \(2 voxels\); positive are 7 \(1 voxel\) and 9007199254740992/,
  ],
  [
    "CREMI's clefts that are unsure",
    "uint64",
    [MOST, MOST - 1n, 7n],
    "ids",
    [0, 128, 255],
    /ignored are 18446744073709551614 \(1 voxel\)/,
  ],
  ["CREMI's clefts as signed numbers", "int64", [-1n, 7n, 8n], "ids", [0, 255, 255], /negative are -1/],
  [
    "CREMI's clefts cut to 8 bits",
    "uint8",
    [255, 255, 7],
    "ids",
    [0, 0, 255],
    /negative are 255 \(2 voxels\); positive are 7/,
  ],
  ["CREMI's clefts cut to 16 bits", "uint16", [65535, 7, 7], "ids", [0, 255, 255], /negative are 65535/],
  [
    "CREMI's clefts as doubles",
    "float64",
    [2 ** 64, 7, 8],
    "ids",
    [0, 255, 255],
    /negative are 18446744073709551616/,
  ],
  ["ids as floats", "float32", [0, 3, 70000], "ids", [0, 255, 255], /positive are 3/],
  [
    "0 and 1",
    "uint8",
    [0, 1, 1],
    "binary",
    [0, 255, 255],
    /negative are 0 \(1 voxel\); positive are 1 \(2 voxels\)/,
  ],
  ["0 and 1 of 8 bits, signed", "int8", [0, 1, 0], "binary", [0, 255, 0], /positive are 1/],
  ["0 and 1 of 64 bits", "int64", [0, 1, 0], "binary", [0, 255, 0], /positive are 1/],
  ["0 and 1 as floats", "float32", [0, -0, 1], "binary", [0, 0, 255], /negative are 0 \(2 voxels\)/],
  [
    "ilastik's two labels",
    "uint8",
    [1, 2, 1],
    "binary",
    [0, 255, 0],
    /negative are 1 \(2 voxels\); positive are 2/,
  ],
  ["ilastik's labels with gaps", "uint8", [0, 1, 2], "1/2", [128, 0, 255], /ignored are 0 \(1 voxel\)/],
  [
    "ilastik's labels, the first a synapse",
    "uint32",
    [1, 2, 2],
    "2/1",
    [255, 0, 0],
    /negative are 2 \(2 voxels\)/,
  ],
  ["one value against all others", "uint16", [5, 0, 9], "*/5", [255, 0, 0], /positive are 5/],
  [
    "several backgrounds",
    "uint8",
    [0, 7, 3, 4],
    "0,7/*",
    [0, 0, 255, 255],
    /negative are 0 \(1 voxel\) and 7/,
  ],
  ["2^64-1 by its name", "uint64", [MOST, 0n, 3n], "18446744073709551615/*", [0, 255, 255], /positive are 0/],
  [
    "binary clefts with all bits as background",
    "uint64",
    [MOST, 3n, MOST],
    "binary",
    [0, 255, 0],
    /positive are 3/,
  ],
  ["no synapse", "uint8", [0, 0, 0], "binary", [0, 0, 0], /^negative are 0 \(3 voxels\)$/],
  ["no synapse among ids", "uint32", [0, 0, 0], "ids", [0, 0, 0], /^negative are 0 \(3 voxels\)$/],
];

for (const [name, type, values, labels, expected, told] of READ) {
  Deno.test(`convertVolume() reads labels as "${labels}": ${name}`, () =>
    inTempFolder(async (folder) => {
      writeNrrd(`${folder}/l.nrrd`, type, values);
      const texts: string[] = [];
      const options = {
        dtype: "uint8",
        labels,
        anisotropy: 1,
        onLabels: (text: string) => texts.push(text),
      } as const;
      assert.deepEqual(
        await bytesOf(await convertVolume(`${folder}/l.nrrd`, `${folder}/o`, options)),
        expected,
      );
      assert.equal(texts.length, 1);
      assert.match(texts[0] ?? "", told);
    }));
}

/** Values for which a setting cannot hold: nothing must become positive without a word. */
const REFUSED: readonly (readonly [
  name: string,
  type: Type,
  values: readonly (number | bigint)[],
  labels: string,
  message: RegExp,
])[] = [
  [
    "ids without a background",
    "uint8",
    [1, 2, 3],
    "ids",
    /labels is "ids", but there is no background; its labels are 1 \(1 voxel\), 2 .* and 3 .*"1\/\*"/,
  ],
  [
    "ids with two backgrounds",
    "int32",
    [0, -1, 3],
    "ids",
    /either of two values.*-1 \(1 voxel\), 0 \(1 voxel\) and 3/,
  ],
  [
    "clefts with an identity 0",
    "uint64",
    [MOST, 0n, 3n],
    "ids",
    /either of two values.*18446744073709551615\/\*/,
  ],
  ["three values", "uint8", [0, 1, 2], "binary", /more than two values; its labels are 0 .*, 1 .* and 2 /],
  ["one value that is not 0", "uint8", [1, 1, 1], "binary", /there is one value alone/],
  [
    "a negative value that does not occur",
    "uint8",
    [0, 2, 2],
    "1/2",
    /no voxel is negative; its labels are 0 .* and 2/,
  ],
  ["fractions", "float32", [0, 0.5, 1], "binary", /has the value 0\.5; labels must be whole numbers/],
  ["no numbers", "float32", [0, NaN, 1], "ids", /has the value NaN; labels must be whole numbers/],
  [
    "ids that are not said to be",
    "uint16",
    [0, 300, 1],
    "0/255",
    /has labels other than 0 to 255: 0 \(1 voxel\), 1 \(1 voxel\) and 300 \(1 voxel\); expected .*labels = "ids".*--labels-are ids/,
  ],
  [
    "clefts that are not said to be",
    "uint64",
    [MOST, 7n, 7n],
    "0/255",
    /other than 0 to 255: 18446744073709551615 \(1 voxel\) and 7 \(2 voxels\)/,
  ],
];

for (const [name, type, values, labels, message] of REFUSED) {
  Deno.test(`convertVolume() refuses labels as "${labels}": ${name}`, () =>
    inTempFolder(async (folder) => {
      writeNrrd(`${folder}/l.nrrd`, type, values);
      const options = { dtype: "uint8", labels, anisotropy: 1 } as const;
      await rejected(() => convertVolume(`${folder}/l.nrrd`, `${folder}/o`, options), message);
    }));
}
