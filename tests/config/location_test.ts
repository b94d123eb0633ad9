/** Where volumes are, as users write it. */
import assert from "node:assert/strict";
import {
  locationExists,
  locationName,
  locationStem,
  parseLocation,
  resolveLocation,
} from "../../src/config/location.ts";
import { failure, load, SMALL, TEST, TRAIN } from "./cases.ts";

const nothing = () => false;

Deno.test("parseLocation() tells addresses, datasets in HDF5 files and patterns from paths", () => {
  const cases: [text: string, expected: object][] = [
    ["raw.tif", { kind: "path", path: "raw.tif" }],
    ["/data/v.zarr", { kind: "path", path: "/data/v.zarr" }],
    ["slices/*.tif", { kind: "pattern", pattern: "slices/*.tif" }],
    ["s/z??.png", { kind: "pattern", pattern: "s/z??.png" }],
    ["a.h5:/volumes/raw", { kind: "inside", file: "a.h5", inner: "/volumes/raw" }],
    ["a.b.HDF5:raw", { kind: "inside", file: "a.b.HDF5", inner: "/raw" }],
    ["a.ilp://x", { kind: "inside", file: "a.ilp", inner: "/x" }],
    ["http://host/v.zarr?sig=a:b", { kind: "url", url: "http://host/v.zarr?sig=a:b" }],
    ["HTTPS://host/a*b", { kind: "url", url: "HTTPS://host/a*b" }],
    ["a:b.tif", { kind: "path", path: "a:b.tif" }],
  ];
  for (const [text, expected] of cases) assert.deepEqual(parseLocation(text, nothing), expected, text);
  assert.equal(parseLocation("odd*name.tif", () => true).kind, "path");
  assert.equal(parseLocation("odd.h5:name", () => true).kind, "path");
});

Deno.test("locationExists() looks for the file of a dataset and the folder of a pattern, and asks no server", () => {
  const there = (...paths: string[]) => (path: string) => paths.includes(path);
  assert.ok(locationExists("/d/a.h5:/x", there("/d/a.h5")));
  assert.ok(!locationExists("/d/a.h5:/x", there("/d")));
  assert.ok(locationExists("/d/*/s?.tif", there("/d")));
  assert.ok(!locationExists("/e/*.tif", there("/d")));
  assert.ok(locationExists("https://host/v.zarr", nothing));
});

Deno.test("resolveLocation() and locationStem() leave addresses whole and give names that every disk takes", () => {
  assert.equal(resolveLocation("/c", "../d/s*.tif"), "/d/s*.tif");
  assert.equal(resolveLocation("/c", "a.h5:/x/y"), "/c/a.h5:/x/y");
  assert.equal(resolveLocation("/c", "https://h//v.zarr/?q=/../"), "https://h//v.zarr/?q=/../");
  assert.equal(locationStem("/d/slices/*.tif"), "_");
  assert.equal(locationStem("/d/raw.tif"), "raw");
  assert.equal(locationStem("/d/a.h5:/volumes/raw"), "raw");
  assert.equal(locationStem("https://h/a/v.zarr/?q=1"), "v");
});

Deno.test("loadSettings() keeps patterns, datasets and addresses, also in otherFeatures and orientEstimate", async () => {
  const { train: [train], test } = await load(
    `outFileName = "out"; train = { rawVolume = "a.h5:/raw"; groundTruth = "slices/*.png";
    otherFeatures = ["a.h5:/channel"]; orientEstimate = "https://h/o.zarr"; };
    test = ( { rawVolume = "http://h/t.zarr"; otherFeatures = ["http://h/c.zarr"]; } );`,
    { files: ["/data/a.h5", "/data/slices"] },
  );
  assert.equal(train?.rawVolume, "/data/a.h5:/raw");
  assert.equal(train.groundTruth, "/data/slices/*.png");
  assert.deepEqual(train.otherFeatures, [{ kind: "file", path: "/data/a.h5:/channel" }]);
  assert.deepEqual(train.orientEstimate, { kind: "file", path: "https://h/o.zarr" });
  assert.equal(test[0]?.rawVolume, "http://h/t.zarr");
  assert.deepEqual(test[0].otherFeatures, [{ kind: "file", path: "http://h/c.zarr" }]);
  const missing = await failure(SMALL.replace("raw.tif", "b.h5:/raw"));
  assert.match(missing, /train\.rawVolume names \/data\/b\.h5:\/raw, which does not exist/);
});

Deno.test("loadSettings() gives rescale and voxelSize of the whole configuration to volumes that name none", async () => {
  const { train: [train], test } = await load(
    `outFileName = "out"; rescale = [0, 4095]; voxelSize = [4, 4, 40.5];
    train = { rawVolume = "raw.tif"; groundTruth = "labels.tif"; rescale = "auto"; }; ${TEST}`,
    { overrides: ["test[0].voxelSize=[5,5,50]"] },
  );
  assert.deepEqual([train?.rescale, train?.voxelSize], ["auto", [4, 4, 40.5]]);
  assert.deepEqual([test[0]?.rescale, test[0]?.voxelSize], [[0, 4095], [5, 5, 50]]);
  const plain = await load(SMALL);
  assert.ok(plain.train[0] && !("rescale" in plain.train[0]) && !("voxelSize" in plain));
});

Deno.test("loadSettings() tells of wrong values of rescale and voxelSize once", async () => {
  const wrong: [text: string, message: RegExp][] = [
    [
      "rescale = [5, 5];",
      /rescale is an array .*; it must be \[low, high\], two numbers with low < high, or "auto"$/,
    ],
    [`rescale = "all";`, /rescale is "all"; it must be/],
    ["rescale = [1, 2, 3];", /it must be \[low, high\]/],
    ["voxelSize = [4, 0, 4];", /voxelSize\[1\] is 0; it must be a number from/],
    ["voxelSize = 4;", /voxelSize is 4; it must be \[x, y, z\] in nanometres/],
  ];
  for (const [text, message] of wrong) {
    const found = await failure(`outFileName = "out"; ${text} ${TRAIN}`);
    assert.match(found, message);
    assert.equal(found.split("\n").length, 1, found);
  }
});

Deno.test("locationName() names the file or folder, with as many folders as tell it from others", () => {
  const others = ["/data/a/raw.tif", "/data/b/raw.tif", "/data/b/labels.tif", "/raw.tif"];
  const cases: [text: string, name: string][] = [
    ["/data/b/labels.tif", "labels.tif"],
    ["/data/a/raw.tif", "a/raw.tif"],
    ["/data/x.h5:/em/raw", "x.h5:/em/raw"],
    ["x.h5:/raw", "x.h5:/raw"],
    ["/data/slices/*.tif", "slices/*.tif"],
    ["as-listed:/data/slices/*.tif", "slices/*.tif"],
    ["https://host/a/em.zarr", "em.zarr"],
    ["em.zarr/", "em.zarr/"],
  ];
  for (const [text, name] of cases) assert.equal(locationName(text, others), name);
  assert.equal(locationName("/raw.tif", others), "/raw.tif", "all of it where another path ends so");
  assert.equal(locationName("C:\\data\\a\\raw.tif", ["C:\\data\\b\\raw.tif"]), "a/raw.tif");
  assert.equal(locationName("/1/x.h5:/raw", ["/2/x.h5:/raw"]), "1/x.h5:/raw");
});
