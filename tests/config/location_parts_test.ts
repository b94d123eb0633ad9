/** What may stand around a location works together: `as-listed:` before, `#absent=403` and `#channel=N,time=N` behind. */
import assert from "node:assert/strict";
import {
  locationExists,
  locationStem,
  parseLocation,
  type PathTest,
  resolveLocation,
} from "../../src/config/location.ts";
import { dividePick } from "../../src/config/pick.ts";
import { forbiddenIsAbsent } from "../../src/volume/remote/store.ts";
import { openVolume, volumeFormat } from "../../src/volume/open.ts";
import { wholeRegion, type Zyx } from "../../src/volume/region.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { ccboost, finish, startAllowed } from "../helpers/cli_process.ts";
import { rejected } from "../helpers/hostile_files.ts";
import { serveFolder } from "../helpers/serve_folder.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { noise } from "../helpers/tiff_files.ts";
import { converted } from "../helpers/volume_files.ts";

const SHAPE: Zyx = [2, 4, 8];
const VOXELS = 64;
const networked = (...args: readonly string[]) => finish(startAllowed(["--allow-net=127.0.0.1"], ...args));

async function writeChannels(path: string): Promise<void> {
  const volume = await createZarr(path, { shape: SHAPE, chunk: [2, 4, 4], dtype: "uint8", components: 3 });
  for (let channel = 0; channel < 3; channel++) {
    await writeRegion(volume, wholeRegion(SHAPE), channelVoxels(channel), channel);
  }
}

const channelVoxels = (channel: number) =>
  Uint8Array.from(noise(VOXELS), (value) => (value + 50 * channel) % 256);

Deno.test("dividePick() and forbiddenIsAbsent() keep what is said of a server and what was chosen, in either order", () => {
  const address = "https://host/v.zarr?sig=a";
  for (
    const location of [`${address}#absent=403#channel=1,time=2`, `${address}#channel=1,time=2#absent=403`]
  ) {
    assert.deepEqual(dividePick(location), { text: `${address}#absent=403`, pick: { channel: 1, time: 2 } });
    assert.equal(forbiddenIsAbsent(location), location);
    assert.deepEqual(parseLocation(location, () => false), { kind: "url", url: `${address}#absent=403` });
  }
  assert.equal(forbiddenIsAbsent(`${address}#channel=1`), `${address}#absent=403#channel=1`);
  assert.equal(forbiddenIsAbsent(address), `${address}#absent=403`);
});

Deno.test("resolveLocation(), locationExists() and locationStem() know a stack as listed of which a channel is chosen", () => {
  const there: PathTest = (path) => path === "/data/slices";
  const location = resolveLocation("/data", "as-listed:slices/*.png#channel=0");
  assert.equal(location, "as-listed:/data/slices/*.png#channel=0");
  assert.equal(locationExists(location, there), true);
  assert.equal(locationExists("as-listed:/data/slices#channel=0,time=0", there), true);
  assert.equal(locationExists("as-listed:/data/others#channel=0", there), false);
  assert.match(locationStem("as-listed:/data/slices#channel=0"), /^slices/);
  assert.equal(locationStem("https://host/v.zarr#absent=403#channel=1"), "v");
});

Deno.test("openVolume() reads a stack as listed of which a channel is chosen, and tells where there is none", () =>
  inTempFolder(async (folder) => {
    const slice = encodeTiff(noise(32), [1, 4, 8]);
    for (const z of [1, 2, 4]) Deno.writeFileSync(`${folder}/s${z}.tif`, slice);
    await rejected(() => openVolume(`${folder}#channel=0`), /slice 3 is missing/);
    for (const location of [`as-listed:${folder}#channel=0,time=0`, `as-listed:${folder}/*.tif#channel=0`]) {
      assert.equal(volumeFormat(location), "slices");
      const opened = await openVolume(location);
      assert.ok(opened.kind === "rows");
      assert.deepEqual(opened.source.shape, [3, 4, 8]);
      assert.match((opened.source.notes ?? []).join(), /slice 3 is missing/);
      opened.source.close();
    }
    await rejected(() => openVolume(`as-listed:${folder}#channel=1`), /has no channel 1/);
    const { code, out } = await ccboost("info", folder, "--as-listed", "--channel", "0");
    assert.equal(code, 0);
    assert.match(out, /8 x 4 x 3 voxels/);
  }));

Deno.test("convertVolume() reads one channel of an array whose server forbids what is absent", () =>
  inTempFolder(async (folder) => {
    await writeChannels(`${folder}/v.zarr`);
    const refuse = (path: string) =>
      path.endsWith("/c/1/0/0/1") ? new Response("no", { status: 403 }) : undefined;
    await using server = serveFolder(folder, refuse);
    const address = `${server.address}/v.zarr`;
    const expected = channelVoxels(1).map((value, i) => i % 8 >= 4 ? 0 : value);
    for (const [i, marks] of ["#absent=403#channel=1", "#channel=1#absent=403"].entries()) {
      const counted: number[] = [];
      const { voxels } = await converted(address + marks, `${folder}/out${i}`, {
        onForbidden: (chunks) => void counted.push(chunks),
      });
      assert.deepEqual([voxels, counted], [expected, [1]]);
    }
    // The other channels have all their chunks.
    const { voxels } = await converted(`${address}#channel=2`, `${folder}/out2`);
    assert.deepEqual(voxels, channelVoxels(2));
    const given = [
      ["--absent-403", "--channel", "1"],
      ["--channel", "1", "--absent-403", "--time-point", "0"],
    ];
    for (const [i, flags] of given.entries()) {
      const { code, err } = await networked("convert", address, `${folder}/cli${i}.zarr`, ...flags);
      assert.equal(code, 0, err);
      assert.match(err, /1 chunk .*403/);
    }
    const marked = await networked("convert", `${address}#channel=1`, `${folder}/c.zarr`, "--absent-403");
    assert.equal(marked.code, 0, marked.err);
    const refused = await networked("convert", address, `${folder}/no.zarr`, "--channel", "1");
    assert.match(refused.err, /c\/1\/0\/0\/1: the server answers 403/);
  }));
