import assert from "node:assert/strict";
import type { Synapse } from "../../../src/analysis/synapse.ts";
import { writeAnnotations } from "../../../src/stages/synapses/neuroglancer_annotations.ts";
import { writeSynapseCsv, writeSynapseJson } from "../../../src/stages/synapses/synapse_files.ts";
import type { SynapseTable } from "../../../src/stages/synapses/synapses.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

/** A table of made-up synapses in a volume of 1000 x 200 x 50 voxels (x, y, z). */
function tableOf(count: number, hasDirections = true): SynapseTable {
  const synapses = Array.from({ length: count }, (_, i): Synapse => ({
    id: i + 1,
    voxels: 100 + i,
    centroid: [i % 50, 10.25, i % 1000 + 0.5],
    box: { start: [i % 50, 5, 0], shape: [1, 12, 20] },
    touchesBorder: i % 2 === 0,
    meanScore: 1.5,
    peakScore: 4 + i,
    direction: hasDirections && i > 0 ? [0, 0.6, 0.8] : undefined,
    agreement: hasDirections ? 0.75 : undefined,
    length: 80,
    width: 40,
    thickness: 20,
    elongation: 2,
  }));
  return {
    shape: [50, 200, 1000],
    voxelSize: [40, 4, 5],
    unit: "nm",
    threshold: 1.25,
    minSize: 100,
    dropped: 3,
    hasDirections,
    synapses,
  };
}

Deno.test("writeSynapseCsv() writes a line a synapse, empty where something is not known", () =>
  inTempFolder(async (folder) => {
    writeSynapseCsv(`${folder}/a.csv`, tableOf(2));
    const lines = (await Deno.readTextFile(`${folder}/a.csv`)).split("\n");
    assert.deepEqual(lines, [
      "id,x,y,z,x_nm,y_nm,z_nm,x_from,y_from,z_from,x_to,y_to,z_to,voxels,volume_um3,mean_score,peak_score," +
      "dx,dy,dz,agreement,length,width,thickness,elongation,unit,touches_border",
      "1,0.5,10.25,0,2.5,41,0,0,5,0,19,16,0,100,0.00008,1.5,4,,,,0.75,80,40,20,2,nm,true",
      "2,1.5,10.25,1,7.5,41,40,0,5,1,19,16,1,101,0.0000808,1.5,5,0,0.6,0.8,0.75,80,40,20,2,nm,false",
      "",
    ]);
    writeSynapseCsv(`${folder}/b.csv`, { ...tableOf(1, false), voxelSize: undefined, unit: "xy-voxels" });
    const [, line] = (await Deno.readTextFile(`${folder}/b.csv`)).split("\n");
    assert.equal(line, "1,0.5,10.25,0,,,,0,5,0,19,16,0,100,,1.5,4,,,,,80,40,20,2,xy-voxels,true");
  }));

Deno.test("writeSynapseJson() writes what CSV has, with settings and a summary", () =>
  inTempFolder(async (folder) => {
    for (const count of [0, 1, 20_000]) {
      writeSynapseJson(`${folder}/a.json`, tableOf(count), "max.zarr");
      const found = JSON.parse(await Deno.readTextFile(`${folder}/a.json`));
      assert.equal(found.synapses.length, count);
      assert.equal(found.summary.count, count);
      assert.deepEqual([found.shape, found.voxelSize, found.threshold], [[1000, 200, 50], [5, 4, 40], 1.25]);
      // 1000 x 200 x 50 voxels of 800 nm³ are 8 µm³
      assert.equal(found.summary.perCubicMicrometre, count / 8);
      if (count > 1) assert.deepEqual([found.synapses[1].dy, found.synapses[1].x_nm], [0.6, 7.5]);
    }
    assert.deepEqual(Array.from(Deno.readDirSync(folder), ({ name }) => name), ["a.json"]);
  }));

interface Info {
  readonly annotation_type: string;
  readonly dimensions: Record<string, [number, string]>;
  readonly upper_bound: number[];
  readonly properties: readonly { readonly id: string; readonly type: string }[];
  readonly by_id: { readonly key: string; readonly sharding: Record<string, number | string> };
  readonly spatial: readonly {
    readonly key: string;
    readonly chunk_size: number[];
    readonly limit: number;
  }[];
}

/** Bytes of a record as the format says: positions, then properties of 4 bytes, then those of 1, filled up to a multiple of 4. */
function recordBytes({ annotation_type, properties }: Info): number {
  const small = properties.filter(({ type }) => type === "uint8").length;
  const positions = annotation_type === "LINE" ? 6 : 3;
  return 4 * (positions + properties.length - small) + Math.ceil(small / 4) * 4;
}

/** Finds an annotation in the sharded index by its id. */
function lookUp(shard: Uint8Array, { sharding }: Info["by_id"], id: number): Uint8Array | undefined {
  const view = new DataView(shard.buffer, shard.byteOffset);
  const uint64 = (at: number) => Number(view.getBigUint64(at, true));
  assert.equal(sharding["hash"], "identity");
  const minishards = 2 ** Number(sharding["minishard_bits"]);
  const minishard = Math.floor(id / 2 ** Number(sharding["preshift_bits"])) % minishards;
  const base = minishards * 16;
  const [from, to] = [base + uint64(minishard * 16), base + uint64(minishard * 16 + 8)];
  const count = (to - from) / 24;
  let key = 0, start = base;
  for (let i = 0; i < count; i++) {
    key += uint64(from + 8 * i);
    start += uint64(from + 8 * (count + i));
    const size = uint64(from + 8 * (2 * count + i));
    if (key === id) return shard.subarray(start, start + size);
    start += size;
  }
  return undefined;
}

Deno.test("writeAnnotations() writes what Neuroglancer's format says, all together and by id", () =>
  inTempFolder(async (folder) => {
    for (const [count, type] of [[0, "LINE"], [3, "POINT"], [5000, "LINE"]] as const) {
      const table = tableOf(count, type === "LINE");
      await writeAnnotations(`${folder}/a`, table);
      const info = JSON.parse(await Deno.readTextFile(`${folder}/a/info`)) as Info;
      assert.equal(info.annotation_type, type);
      assert.deepEqual(info.dimensions, { x: [5e-9, "m"], y: [4e-9, "m"], z: [4e-8, "m"] });
      assert.deepEqual([info.upper_bound, info.spatial[0]?.chunk_size], [[1000, 200, 50], [1000, 200, 50]]);
      assert.ok(info.properties.every(({ id }) => /^[a-z][a-zA-Z0-9_]*$/.test(id)));

      const bytes = recordBytes(info);
      const all = await Deno.readFile(`${folder}/a/${info.spatial[0]?.key}/0_0_0`);
      const view = new DataView(all.buffer);
      assert.equal(Number(view.getBigUint64(0, true)), count);
      assert.equal(all.length, 8 + count * (bytes + 8));
      assert.ok((info.spatial[0]?.limit ?? 0) >= count);
      const shard = await Deno.readFile(`${folder}/a/${info.by_id.key}/0.shard`);
      for (const i of table.synapses.keys()) {
        const record = all.subarray(8 + i * bytes, 8 + (i + 1) * bytes);
        const id = Number(view.getBigUint64(8 + count * bytes + 8 * i, true));
        assert.equal(id, i + 1);
        assert.deepEqual(lookUp(shard, info.by_id, id), record);
      }
      for (const id of [0, count + 1, count + 1024]) assert.equal(lookUp(shard, info.by_id, id), undefined);
      if (count < 2) continue;
      const floats = new Float32Array(all.slice(8 + bytes, 8 + 2 * bytes).buffer);
      // from the middle of the cleft, half its length of 80 nm along 0, 0.6, 0.8 with voxels of 5 x 4 x 40 nm
      const line = [2, 10.75, 1.5, ...type === "LINE" ? [2, 16.75, 2.3] : []];
      for (const [axis, value] of line.entries()) assert.ok(Math.abs((floats[axis] ?? 0) - value) < 1e-5);
      const voxels = new Uint32Array(floats.buffer)[line.length];
      assert.equal(voxels, 101);
      assert.deepEqual([...floats.slice(line.length + 1, line.length + 3)], [1.5, 5]);
    }
  }));

Deno.test("writeAnnotations() leaves a folder alone that holds something else", () =>
  inTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a`);
    await Deno.writeTextFile(`${folder}/a/notes.txt`, "mine");
    await assert.rejects(writeAnnotations(`${folder}/a`, tableOf(1)), {
      name: "UserError",
      message: /no folder of ann/,
    });
    assert.equal(await Deno.readTextFile(`${folder}/a/notes.txt`), "mine");
  }));
