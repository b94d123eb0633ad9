/** HDF5 filters that are no part of its library: chunks by other programs, and chunks that unpack to too much. */
import assert from "node:assert/strict";
import { deflateSync, zstdCompressSync } from "node:zlib";
import * as h5wasm from "h5wasm";
import { openHdf5 } from "../../../src/volume/hdf5/read.ts";
import { withinHeap } from "../../../src/volume/hdf5/heap_limit.ts";
import { pluginFile, PLUGINS } from "../../../src/volume/hdf5/plugins.ts";
import { pythonWith } from "../../helpers/other_programs.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const python = pythonWith("h5py", "numpy", "numcodecs");
const skipped = python === undefined ? " (skipped: python3-h5py or python3-numcodecs is missing)" : "";

/** Chunks that numcodecs and a few lines after the text of the formats pack, put into files as they are. */
const SCRIPT = `
import bz2, h5py, numcodecs, numpy as np, os, struct, sys
os.chdir(sys.argv[1])
SHAPE = (8, 16, 32)
smooth = ((np.arange(8 * 16 * 32) // 5) % 251).astype('u1').reshape(SHAPE)
noise = np.random.default_rng(1).integers(0, 256, SHAPE).astype('u1')
def write(name, filter, options, chunk):
    with h5py.File(name + '.h5', 'w') as f:
        made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        made.set_chunk(SHAPE)
        made.set_filter(filter, h5py.h5z.FLAG_OPTIONAL, options)
        space = h5py.h5s.create_simple(SHAPE)
        h5py.h5d.create(f.id, b'raw', h5py.h5t.STD_U8LE, space, made).write_direct_chunk((0, 0, 0), chunk)
lz4 = lambda bytes: numcodecs.LZ4().encode(bytes)[4:]
def bitshuffle(bytes):
    bits = np.frombuffer(bytes, 'u1').reshape(1, -1)
    return np.packbits(((bits >> np.arange(8)[:, None]) & 1).astype('u1'), axis=1, bitorder='little').tobytes()
for kind, v in dict(smooth=smooth, noise=noise, flat=smooth * 0 + 7).items():
    b = v.tobytes()
    v.tofile(kind + '.raw')
    write(f'zstd-{kind}', 32015, (3,), bytes(numcodecs.Zstd(3).encode(b)))
    part = lz4(b)
    if len(part) < len(b):
        write(f'lz4-{kind}', 32004, (), struct.pack('>QII', len(b), len(b), len(part)) + part)
    parts = b''.join(struct.pack('>I', len(p)) + p for p in [lz4(bitshuffle(b[i:i + 1024])) for i in range(0, len(b), 1024)])
    write(f'bitshuffle-{kind}', 32008, (0, 4, 1, 1024, 2), struct.pack('>QI', len(b), 1024) + parts)
    for codec in ('lz4', 'lz4hc', 'zstd', 'blosclz'):
        for shuffle in (0, 1, 2):
            blosc = bytes(numcodecs.Blosc(codec, 5, shuffle).encode(v))
            write(f'blosc{codec}{shuffle}-{kind}', 32001, (2, 2, 1, len(b), 5, shuffle, 0), blosc)
    with h5py.File(f'lzf-{kind}.h5', 'w') as f:
        f.create_dataset('raw', data=v, chunks=SHAPE, compression='lzf', shuffle=True)
write('zlib', 32001, (2, 2, 1, 4096, 5, 1, 4), bytes(numcodecs.Blosc('zlib', 5, 1).encode(smooth)))
for name, filter in (('gzip', 1), ('zstd', 32015)):
    write('bomb-' + name, filter, (5,), open('bomb.' + name, 'rb').read())
write('bzip2', 307, (9,), bz2.compress(smooth.tobytes()))
`;

Deno.test({
  name: `HDF5 chunks of filters by other programs are read, and unpack to no more than they may${skipped}`,
  ignore: python === undefined,
  fn: (t) =>
    inTempFolder(async (folder) => {
      const zeros = new Uint8Array(2 ** 28);
      Deno.writeFileSync(`${folder}/bomb.gzip`, deflateSync(zeros));
      Deno.writeFileSync(`${folder}/bomb.zstd`, zstdCompressSync(zeros));
      Deno.writeTextFileSync(`${folder}/script.py`, SCRIPT);
      const { success, stderr } = await new Deno.Command(python ?? "", {
        args: [`${folder}/script.py`, folder],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) =>
        name.endsWith(".h5")
      );
      await t.step("read", async () => {
        const sound = names.filter((name) => name.includes("-") && !name.startsWith("bomb"));
        assert.ok(sound.length > 42, `${sound}`);
        for (const name of sound) {
          const expected = Deno.readFileSync(`${folder}/${/-(\w+)/.exec(name)?.[1]}.raw`);
          const { voxels } = await converted(`${folder}/${name}`, `${folder}/${name}.zarr`);
          assert.ok(expected.every((value, i) => value === voxels[i]), name);
        }
      });
      await t.step("refused where their plug-in lacks something or does not end", async () => {
        await assert.rejects(
          converted(`${folder}/bzip2.h5`, `${folder}/out`),
          /its chunks use the filter bzip2, which cannot be read; repack it/,
        );
        await assert.rejects(
          converted(`${folder}/zlib.h5`, `${folder}/out`),
          /its chunks use the filter blosc of zlib, which cannot be read; repack it/,
        );
      });
      for (const name of names.filter((name) => name.startsWith("bomb"))) {
        await t.step(name, async () => {
          const source = await openHdf5(`${folder}/${name}`, undefined, name);
          try {
            const box = { start: [0, 0, 0], shape: [8, 16, 32] } as const;
            await assert.rejects(source.readBox(box, [new Uint8Array(4096)]), /damaged or truncated HDF5/);
          } finally {
            source.close();
          }
        });
      }
    }),
});

Deno.test("withinHeap() lets the library allocate so much and no more, again and again", async () => {
  const module = await h5wasm.ready;
  const fits = (bytes: number) => {
    const place = module._malloc(bytes);
    module._free(place);
    return place !== 0;
  };
  for (let round = 0; round < 3; round++) {
    for (const bytes of [2 ** 26, 2 ** 28]) {
      withinHeap(module, bytes, () => {
        assert.deepEqual([fits(bytes - 2 ** 20), fits(bytes + 2 ** 26)], [true, false]);
      });
    }
  }
  assert.ok(fits(2 ** 30));
});

Deno.test("pluginFile() is a module of WebAssembly for each filter", () => {
  for (const name of PLUGINS.values()) {
    assert.ok(WebAssembly.validate(Deno.readFileSync(pluginFile(name))), name);
  }
});
