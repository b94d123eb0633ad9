/** Heaps of HDF5 files that lead round in a circle: the library would follow them for ever. */
import assert from "node:assert/strict";
import fc from "fast-check";
import * as h5wasm from "h5wasm";
import { convertVolume } from "../../../src/stages/convert/convert.ts";
import { heapFault, heapsIn, numberSizes } from "../../../src/volume/hdf5/heaps.ts";
import { mountFolder } from "../../../src/volume/hdf5/mount.ts";
import { describeVolumeFile } from "../../../src/volume/open.ts";
import { ccboost } from "../../helpers/cli_process.ts";
import { hdf5Seeds } from "../../fuzz/image_seeds.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const SIGNATURES = { global: "GCOL", local: "HEAP" } as const;

/** A file of the library with a change in its only global heap, or in a local one. */
async function damagedFile(
  heap: keyof typeof SIGNATURES,
  change: (view: DataView, at: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const [seed] = await hdf5Seeds();
  const bytes = seed?.files.get("v.h5")?.slice() as Uint8Array<ArrayBuffer>;
  const at = new TextDecoder("latin1").decode(bytes).indexOf(SIGNATURES[heap]);
  assert.ok(at > 0, `a file without a ${heap} heap`);
  change(new DataView(bytes.buffer), at);
  return bytes;
}

const CIRCLES: readonly [
  name: string,
  heap: keyof typeof SIGNATURES,
  change: (view: DataView, at: number) => void,
  message: RegExp,
][] = [
  ["an object without a length", "global", (view, at) => {
    view.setUint16(at + 16, 0, true);
    view.setBigUint64(at + 24, 0n, true);
  }, /object 0 at byte \d+ of a global heap has a length of 0\)/],
  // 16 bytes of header and these are 2^32, which 32 bits hold as 0.
  [
    "an object of 4 GiB less 16 bytes",
    "global",
    (view, at) => view.setBigUint64(at + 24, 0xfffffff0n, true),
    /object \d+ at byte \d+ of a global heap has a length of 4294967280\)/,
  ],
  ["free space of 8 bytes", "global", (view, at) => {
    view.setUint16(at + 16, 0, true);
    view.setBigUint64(at + 24, 8n, true);
  }, /a global heap has a length of 8\)/],
  ["a free block that follows itself", "local", (view, at) => {
    const data = Number(view.getBigUint64(at + 24, true));
    view.setBigUint64(at + 16, 8n, true);
    view.setBigUint64(data + 8, 8n, true);
  }, /free blocks of the heap of names at byte \d+ follow each other in a circle\)/],
];

for (const [name, heap, change, message] of CIRCLES) {
  Deno.test(`describeVolumeFile() and convertVolume() name an HDF5 file whose ${heap} heap has ${name}`, () =>
    inTempFolder(async (folder) => {
      const path = `${folder}/damaged.h5`;
      Deno.writeFileSync(path, await damagedFile(heap, change));
      const told = new RegExp(`damaged\\.h5: damaged or truncated HDF5.*${message.source}`);
      await rejected(() => describeVolumeFile(path), told);
      const out = { dtype: "uint8", anisotropy: 1 } as const;
      await rejected(() => convertVolume(path, `${folder}/out.zarr`, out), told);
    }));
}

Deno.test("info, convert, run and evaluate end where the heap of an HDF5 file leads round in a circle", () =>
  inTempFolder(async (folder) => {
    const [, heap, change] = CIRCLES[0] ?? [];
    assert.ok(heap !== undefined && change !== undefined);
    Deno.writeFileSync(`${folder}/damaged.h5`, await damagedFile(heap, change));
    Deno.writeTextFileSync(
      `${folder}/c.cfg`,
      'outFileName = "out"; train: { rawVolume = "damaged.h5"; groundTruth = "damaged.h5"; };',
    );
    const path = `${folder}/damaged.h5`;
    for (
      const words of [
        ["info", path],
        ["convert", path, `${folder}/out.zarr`],
        ["run", `${folder}/c.cfg`, "--polarity", "none"],
        ["evaluate", path, path],
      ]
    ) {
      const { code, err } = await ccboost(...words);
      assert.equal(code, 2, err);
      assert.match(err, /damaged\.h5: damaged or truncated HDF5.*a global heap has a length of 0/);
    }
  }));

Deno.test("mountFolder() lets one call of the library read so often, and the next one as often", () =>
  inTempFolder(async (folder) => {
    const [seed] = await hdf5Seeds();
    Deno.writeFileSync(`${folder}/v.h5`, seed?.files.get("v.h5") ?? new Uint8Array(0));
    const module = await h5wasm.ready;
    module.activate_throwing_error_handler();
    const fault = (most: number) => {
      const mounted = mountFolder(module, most);
      mounted.add("v.h5", `${folder}/v.h5`);
      try {
        for (let call = 0; call < 3; call++) {
          mounted.begin();
          new h5wasm.File(`${mounted.path}/v.h5`, "r").close();
        }
      } catch (cause) {
        assert.ok(cause instanceof Error);
      }
      const found = mounted.fault();
      mounted.close();
      return found;
    };
    assert.equal(fault(1), "its parts refer to each other in a circle");
    assert.equal(fault(20), undefined);
  }));

/** A file in memory. */
const fileOf = (bytes: Uint8Array) => ({
  size: bytes.length,
  at: (position: number, length: number) => bytes.subarray(position, position + length),
});

Deno.test("heapFault() finds nothing in files of the library, wherever their heaps are met", async () => {
  for (const { files } of await hdf5Seeds()) {
    const bytes = files.get("v.h5") ?? new Uint8Array(0);
    const file = fileOf(bytes);
    const found = heapsIn(bytes);
    assert.ok(found.length > 0);
    for (const at of found) assert.equal(heapFault(file, at, numberSizes(file, 0)), undefined);
  }
});

Deno.test("heapFault() ends for any bytes", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("GCOL\x01", "HEAP\0"),
      fc.array(fc.constantFrom(0, 1, 8, 16, 24, 32, 40, 64, 255), { minLength: 16, maxLength: 40 }),
      (signature, words) => {
        const bytes = new Uint8Array(8 + 8 * words.length);
        bytes.set(new TextEncoder().encode(signature));
        const view = new DataView(bytes.buffer);
        for (const [index, word] of words.entries()) view.setBigUint64(8 + 8 * index, BigInt(word), true);
        const fault = heapFault(fileOf(bytes), 0, { base: 0, offsetBytes: 8, lengthBytes: 8 });
        assert.ok(fault === undefined || fault.length < 120);
      },
    ),
  );
});

Deno.test("heapsIn() finds a signature that the end of a reading cuts off", () => {
  const bytes = new TextEncoder().encode("....GCOL\x01...HEAP\0..GC");
  assert.deepEqual(heapsIn(bytes), [4, 19, 12]);
});
