import assert from "node:assert/strict";
import { hdf5Place } from "../../../src/volume/hdf5/write.ts";
import { lookup3 } from "../../../src/volume/hdf5/lookup3.ts";

Deno.test("lookup3() gives the values that its author gives", () => {
  const text = new TextEncoder().encode("Four score and seven years ago");
  assert.equal(lookup3(text), 0x17770551);
  assert.equal(lookup3(new Uint8Array(0)), 0xdeadbeef);
});

Deno.test("hdf5Place() divides a name into the file and the names in it", () => {
  assert.deepEqual(hdf5Place("a/b.h5"), { file: "a/b.h5", names: ["data"] });
  assert.deepEqual(hdf5Place("a/b.H5:/scores/max"), { file: "a/b.H5", names: ["scores", "max"] });
  assert.deepEqual(hdf5Place("b.hdf5:max"), { file: "b.hdf5", names: ["max"] });
  assert.deepEqual(hdf5Place("b.h5:/"), { file: "b.h5", names: ["data"] });
  for (const name of ["b.nrrd", "h5", "b.h5.tif", "b.h5x:/a"]) assert.equal(hdf5Place(name), undefined);
});
