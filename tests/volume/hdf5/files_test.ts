/** HDF5 as other programs write and name it: any name, links, virtual datasets, filters. Written by h5py, where it is. */
import assert from "node:assert/strict";
import { describeVolumeFile, volumeFormat } from "../../../src/volume/open.ts";
import { ccboostHere as ccboost } from "../../helpers/cli_process.ts";
import { rejected } from "../../helpers/hostile_files.ts";
import { pythonWith } from "../../helpers/other_programs.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";
import { converted } from "../../helpers/volume_files.ts";

const python = pythonWith("h5py", "numpy");
const skipped = python === undefined ? " (skipped: python3-h5py is missing)" : "";

const SCRIPT = `
import h5py, numpy as np, os, sys
os.chdir(sys.argv[1])
v = (np.arange(4 * 8 * 8) % 251).astype('u1').reshape(4, 8, 8)
for name in ('a.ims', 'b.mat', 'c.nwb', 'd.dat', 'noname', 'e.h5', 'f.tif', 'with:colon', 'dot.zarr'):
    with h5py.File(name, 'w', userblock_size=512 if name == 'b.mat' else 0) as f:
        f.create_dataset('volumes/raw', data=v, chunks=(2, 8, 8), compression='gzip')
        f['volumes/small'] = v[:2]
with h5py.File('ext.h5', 'w') as f:
    f['raw'] = h5py.ExternalLink('e.h5', '/volumes/raw')
    f['group'] = h5py.ExternalLink('e.h5', '/volumes')
    f['absolute'] = h5py.ExternalLink('/elsewhere/e.h5', '/volumes/raw')
    f['gone'] = h5py.ExternalLink('gone.h5', '/raw')
    f['inner'] = h5py.ExternalLink('e.h5', '/nothing')
    f['soft'] = h5py.SoftLink('/raw')
    f['broken'] = h5py.SoftLink('/nowhere')
with h5py.File('one.h5', 'w') as f: f['raw'] = h5py.ExternalLink('ext.h5', '/raw')
for a, b in (('round1', 'round2'), ('round2', 'round1')):
    with h5py.File(a + '.h5', 'w') as f: f['raw'] = h5py.ExternalLink(b + '.h5', '/raw')
os.mkdir('parts')
for z in range(4):
    with h5py.File(f'parts/{z}.h5', 'w') as f: f.create_dataset('d', data=v[z], compression='gzip')
def virtual(name, source, dtype='u1'):
    layout = h5py.VirtualLayout((4, 8, 8), dtype)
    for z in range(4): layout[z] = source(z)
    with h5py.File(name, 'w') as f: f.create_virtual_dataset('v', layout, fillvalue=9)
virtual('virtual.h5', lambda z: h5py.VirtualSource(f'parts/{z}.h5', 'd', (8, 8)))
virtual('absolute.h5', lambda z: h5py.VirtualSource(f'/elsewhere/e.h5', 'volumes/raw', (4, 8, 8))[z])
virtual('lost.h5', lambda z: h5py.VirtualSource(f'parts/{z + 1}.h5', 'd', (8, 8)))
virtual('unnamed.h5', lambda z: h5py.VirtualSource(f'parts/{z}.h5', 'other', (8, 8)))
virtual('nested.h5', lambda z: h5py.VirtualSource('virtual.h5', 'v', (4, 8, 8))[z])
os.mkdir('below')
virtual('below/above.h5', lambda z: h5py.VirtualSource(f'../parts/{z}.h5', 'd', (8, 8)))
with h5py.File('own.h5', 'w') as f:
    f['raw'] = v
    layout = h5py.VirtualLayout((4, 8, 8), 'u1')
    layout[:] = h5py.VirtualSource('.', 'raw', (4, 8, 8))
    f.create_virtual_dataset('v', layout)
for name, options in dict(plain={}, gzip=dict(compression='gzip', shuffle=True), fletcher=dict(fletcher32=True),
                          scale=dict(scaleoffset=0), lzf=dict(compression='lzf')).items():
    with h5py.File(name + '.h5', 'w') as f: f.create_dataset('raw', data=v * 0 + 7, chunks=(4, 8, 8), **options)
def unknown(f, name):
    made = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    made.set_chunk(v.shape)
    made.set_filter(32024, h5py.h5z.FLAG_OPTIONAL, (1,))
    space = h5py.h5s.create_simple(v.shape)
    h5py.h5d.create(f.id, name, h5py.h5t.STD_U8LE, space, made).write_direct_chunk((0, 0, 0), v.tobytes())
with h5py.File('sz3.h5', 'w') as f: unknown(f, b'raw')
with h5py.File('several.h5', 'w') as f:
    f['plain'] = v
    unknown(f, b'packed')
with h5py.File('virtual-sz3.h5', 'w') as f:
    layout = h5py.VirtualLayout((4, 8, 8), 'u1')
    layout[:] = h5py.VirtualSource('sz3.h5', 'raw', (4, 8, 8))
    f.create_virtual_dataset('v', layout)
with h5py.File('imaris.ims', 'w') as f:
    g = f.create_group('/DataSet/ResolutionLevel 0/TimePoint 0/Channel 0')
    g.create_dataset('Data', data=v, chunks=(4, 8, 8))
    for a, n in zip('ZYX', (3, 7, 6)): g.attrs['ImageSize' + a] = np.array(list(str(n)), dtype='S1')
with h5py.File('cremi.hdf', 'w') as f:
    f['raw'] = v
    f['raw'].attrs['resolution'] = [40., 4., 3.5]
`;

const VOXELS = Uint8Array.from({ length: 4 * 8 * 8 }, (_, i) => i % 251);

const read = async (location: string, out: string) => (await converted(location, out)).voxels;

/** Locations that hold the voxels. */
const READ = [
  ...[
    "a.ims:/volumes/raw",
    "b.mat:volumes/raw",
    "c.nwb:/volumes/raw",
    "d.dat:/volumes/raw",
    "noname:/volumes/raw",
  ],
  ...[
    "e.h5/volumes/raw",
    "a.ims/volumes/raw",
    "noname/volumes/raw",
    "f.tif:/volumes/raw",
    "with:colon:/volumes/raw",
  ],
  ...[
    "dot.zarr:/volumes/raw",
    "ext.h5:/raw",
    "ext.h5:/group/raw",
    "ext.h5/group/raw",
    "ext.h5:/absolute",
    "ext.h5:/soft",
  ],
  ...["one.h5", "one.h5:/raw", "virtual.h5", "virtual.h5:/v", "absolute.h5", "own.h5:/v"],
];

/** Locations that cannot be read, and what is said. */
const REFUSED: readonly (readonly [location: string, message: RegExp])[] = [
  ["ext.h5:/gone", /ext\.h5: \/gone is a link to gone\.h5:\/raw, which is missing/],
  ["ext.h5:/inner", /e\.h5: there is no dataset \/nothing in this HDF5 file, which has \/volumes\/raw/],
  ["ext.h5:/broken", /ext\.h5: \/broken is a link to \/nowhere, which is not in this file/],
  ["round1.h5:/raw", /is a link to .*, and so on in a cycle/],
  ["lost.h5", /a virtual dataset with a part in parts\/4\.h5: no such file/],
  ["unnamed.h5", /a part in parts\/0\.h5: there is no dataset other in it/],
  ["nested.h5", /v is itself a virtual dataset/],
  ["below/above.h5", /a file above the folder of this one/],
  [
    "several.h5",
    /packed \(4 x 8 x 8, with the filter sz3, which cannot be read\), \/plain \(4 x 8 x 8\); use one of them/,
  ],
  ["virtual-sz3.h5", /raw uses the filter sz3, which cannot be read/],
  [
    "sz3.h5",
    /sz3\.h5:\/raw: its chunks use the filter sz3, which cannot be read; repack it with gzip/,
  ],
  ["e.h5/volumes/none", /there is no dataset \/volumes\/none/],
  ["script.py/raw", /script\.py: .*begins with the bytes/],
  ["none/raw", /no such file or folder/],
];

Deno.test({
  name: `HDF5 of any name, with links and virtual datasets, is read or said why not${skipped}`,
  ignore: python === undefined,
  fn: (t) =>
    inTempFolder(async (folder) => {
      Deno.writeTextFileSync(`${folder}/script.py`, SCRIPT);
      const { success, stderr } = await new Deno.Command(python ?? "", {
        args: [`${folder}/script.py`, folder],
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      for (const location of READ) {
        await t.step(`convertVolume() reads ${location}`, async () => {
          assert.equal(volumeFormat(`${folder}/${location}`), "hdf5");
          assert.deepEqual(await read(`${folder}/${location}`, `${folder}/out`), VOXELS);
          Deno.removeSync(`${folder}/out`, { recursive: true });
        });
      }
      for (const [location, message] of REFUSED) {
        await t.step(`convertVolume() refuses ${location}`, async () => {
          await rejected(() => read(`${folder}/${location}`, `${folder}/out`), message);
        });
      }
      await t.step("a source of a virtual dataset that changes is a changed input", async () => {
        await read(`${folder}/virtual.h5`, `${folder}/v`);
        Deno.copyFileSync(`${folder}/parts/1.h5`, `${folder}/parts/0.h5`);
        const changed = VOXELS.slice();
        changed.copyWithin(0, 64, 128);
        assert.deepEqual(await read(`${folder}/virtual.h5`, `${folder}/v`), changed);
      });
      await t.step("what fills an Imaris dataset up is left out", async () => {
        const location = `${folder}/imaris.ims:/DataSet/ResolutionLevel 0/TimePoint 0/Channel 0/Data`;
        assert.deepEqual((await describeVolumeFile(location)).shape, [3, 7, 6]);
        const expected = VOXELS.filter((_, i) => i < 3 * 64 && i % 64 < 56 && i % 8 < 6);
        assert.deepEqual(await read(location, `${folder}/imaris`), expected);
      });
      await t.step("the attribute resolution tells nm, as CREMI's files have it", async () => {
        assert.deepEqual((await describeVolumeFile(`${folder}/cremi.hdf`)).voxelSize, [40, 4, 3.5]);
      });
      for (
        const [name, filters] of [
          ["plain", /HDF5 filters: none$/m],
          ["gzip", /HDF5 filters: shuffle, gzip$/m],
          ["fletcher", /HDF5 filters: fletcher32$/m],
          ["scale", /HDF5 filters: scaleoffset$/m],
          ["lzf", /HDF5 filters: lzf$/m],
          ["sz3", /HDF5 filters: sz3 \(cannot be read\)\nits voxels cannot be read: .*h5repack/],
          ["virtual", /virtual, of 4 files$/m],
        ] as const
      ) {
        await t.step(`ccboost info tells the filters of ${name}.h5`, async () => {
          const { code, out } = await ccboost("info", `${folder}/${name}.h5`);
          assert.equal(code, 0);
          assert.match(out, filters);
        });
      }
    }),
});
