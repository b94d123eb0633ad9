/** Exports that the page asks for: made once, made anew with their table, and nothing else. */
import assert from "node:assert/strict";
import { makeOnce } from "../../src/dashboard/server/make_once.ts";
import { createZarr, writeRegion } from "../../src/volume/zarr/mod.ts";
import { wholeRegion } from "../../src/volume/region.ts";
import { askerOf, HOST, SHAPE, type TestFolder, withTestFolder } from "./folder.ts";

const ROW = "id,voxels,x\n1,27,3.5\n";

/** A table of one synapse of 3 x 3 x 3 voxels and its label volume. */
async function writeTable({ root }: TestFolder, stem = "job-0-synapses"): Promise<void> {
  const [, height, width] = SHAPE;
  const labels = Uint32Array.from({ length: SHAPE.reduce((a, b) => a * b) }, (_, i) => {
    const at = [Math.floor(i / height / width), Math.floor(i / width) % height, i % width];
    return at.every((n) => n > 2 && n < 6) ? 1 : 0;
  });
  const volume = await createZarr(`${root}/${stem}.zarr`, {
    shape: SHAPE,
    chunk: [8, 16, 16],
    dtype: "uint32",
  });
  await writeRegion(volume, wholeRegion(SHAPE), labels);
  await Deno.writeTextFile(`${root}/${stem}.csv`, ROW);
}

function poster(folder: TestFolder) {
  const ask = askerOf(folder);
  return (body: unknown) =>
    ask("/api/exports", {
      method: "POST",
      headers: { host: HOST, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
}

Deno.test("POST /api/exports makes meshes, tables and TIFF of a run's tables, which GET sends", () =>
  withTestFolder(async (folder) => {
    await writeTable(folder);
    await writeTable(folder, "job-0-reviewed-synapses");
    const [post, ask] = [poster(folder), askerOf(folder)];
    const begins: Record<string, RegExp> = {
      obj: /^# surfaces of labels/,
      stl: /^surfaces of labels/,
      tif: /^II\*/,
      parquet: /^PAR1/,
    };
    for (const [ending, begin] of Object.entries(begins)) {
      const name = `job-0-synapses.${ending}`;
      assert.equal((await ask(`/exports/${name}`)).status, 404);
      const answer = await post({ name });
      assert.equal(answer.status, 200, ending);
      const { url, bytes } = await answer.json() as { url: string; bytes: number };
      const file = await ask(url);
      assert.match(
        file.headers.get("content-disposition") ?? "",
        /^attachment; filename\*=UTF-8''job-0-synapses/,
      );
      const contents = new Uint8Array(await file.arrayBuffer());
      assert.equal(contents.length, bytes);
      assert.match(new TextDecoder("latin1").decode(contents.subarray(0, 40)), begin);
    }
    assert.equal((await post({ name: "job-0-reviewed-synapses.obj" })).status, 200);
  }));

Deno.test("POST /api/exports keeps what it made until the table is another", () =>
  withTestFolder(async (folder) => {
    await writeTable(folder);
    const post = poster(folder);
    const path = `${folder.work}/exports/job-0-synapses.parquet`;
    await post({ name: "job-0-synapses.parquet" });
    await Deno.writeTextFile(path, "kept");
    await post({ name: "job-0-synapses.parquet" });
    assert.equal(await Deno.readTextFile(path), "kept");
    await Deno.utime(`${folder.root}/job-0-synapses.csv`, new Date(), new Date(Date.now() + 60_000));
    await post({ name: "job-0-synapses.parquet" });
    assert.equal((await Deno.readTextFile(path)).slice(0, 4), "PAR1");
  }));

Deno.test("POST /api/exports makes nothing of what is no table of the run, and says so", () =>
  withTestFolder(async (folder) => {
    await writeTable(folder, "other-0-synapses");
    await Deno.symlink("/etc/passwd", `${folder.root}/job-7-synapses.csv`);
    const post = poster(folder);
    const names = [
      "other-0-synapses.obj",
      "job-0-synapses.obj",
      "job-0-synapses.exe",
      "job-7-synapses.parquet",
      "../job-0-synapses.obj",
      "job-0-synapses.obj/../../secret.txt",
      "job-passwords.txt",
      "",
    ];
    for (const name of names) {
      const answer = await post({ name });
      assert.equal(answer.status, 400, name);
      assert.match(
        (await answer.json() as { error: string }).error,
        /no such table|is not the name of an export/,
        name,
      );
    }
    assert.equal((await post({ name: 5 })).status, 400);
    assert.equal((await post(null)).status, 400);
    for (const name of ["..%2Fjournal.jsonl", "job-0-synapses.obj"]) {
      assert.equal((await askerOf(folder)(`/exports/${name}`)).status, 404, name);
    }
    await Deno.remove(`${folder.root}/job-7-synapses.csv`);
    await Deno.writeTextFile(`${folder.root}/job-7-synapses.csv`, "id,voxels\n1,many\n");
    assert.match(await (await post({ name: "job-7-synapses.parquet" })).text(), /voxels is \\"many\\"/);
  }));

Deno.test("makeOnce() does at once for several what they ask for at the same time", async () => {
  const once = makeOnce<number>();
  let made = 0;
  const make = () => Promise.resolve(++made);
  assert.deepEqual(await Promise.all([once("a", make), once("a", make), once("b", make)]), [1, 1, 2]);
  assert.equal(await once("a", make), 3);
  await assert.rejects(once("c", () => Promise.reject(new Error("no"))), /no/);
  assert.equal(await once("c", make), 4);
});
