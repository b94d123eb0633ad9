import assert from "node:assert/strict";
import fc from "fast-check";
import { checksumBytes, crc32c, storedChecksum } from "../../src/volume/crc32c.ts";
import { DamagedError } from "../../src/volume/damaged_error.ts";
import { voxelCount, wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, readRegion, writeRegion } from "../../src/volume/zarr/mod.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** Bit by bit, as the definition says, to compare with. */
function plainCrc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return ~crc >>> 0;
}

Deno.test("crc32c() gives the checksums of RFC 3720, appendix B.4", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
  assert.equal(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

Deno.test("crc32c() agrees with its definition for any bytes, offset and division in two", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(9), fc.nat(100), (bytes, offset, cut) => {
    const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
    shifted.set(bytes);
    assert.equal(crc32c(shifted), plainCrc32c(bytes));
    assert.equal(crc32c(shifted.subarray(cut), crc32c(shifted.subarray(0, cut))), plainCrc32c(bytes));
    assert.equal(storedChecksum(checksumBytes(crc32c(shifted))), plainCrc32c(bytes));
  }));
});

Deno.test("readRegion() names a chunk of which any one bit was flipped, or that was cut", async () => {
  await inTempFolder(async (folder) => {
    const shape: Zyx = [4, 5, 6];
    for (const codec of ["none", "zstd", "zstd-small", "gzip"] as const) {
      const path = `${folder}/${codec}`;
      const volume = await createZarr(path, { shape, chunk: [4, 8, 8], dtype: "uint8", codec });
      const voxels = Uint8Array.from({ length: voxelCount(shape) }, (_, i) => i % 7);
      await writeRegion(volume, wholeRegion(shape), voxels);
      const file = `${path}/c/0/0/0`;
      const bytes = Deno.readFileSync(file);
      const read = async () => await readRegion(volume, wholeRegion(shape), new Uint8Array(voxels.length));
      const isNamed = (error: unknown) =>
        error instanceof DamagedError && error.file === file && error.message.includes(file);
      for (let bit = 0; bit < bytes.length * 8; bit += 5) {
        const damaged = bytes.slice();
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        Deno.writeFileSync(file, damaged);
        await assert.rejects(read(), isNamed, `${codec}, bit ${bit}`);
      }
      for (const length of [0, 3, bytes.length - 1]) {
        Deno.writeFileSync(file, bytes.subarray(0, length));
        await assert.rejects(read(), isNamed, `${codec}, cut to ${length} bytes`);
      }
      Deno.writeFileSync(file, Uint8Array.of(...bytes, 0));
      await assert.rejects(read(), isNamed, `${codec}, a byte too many`);
      Deno.writeFileSync(file, bytes);
      await read();
    }
  });
});
