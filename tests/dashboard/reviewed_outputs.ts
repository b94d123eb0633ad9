/** What a review leaves behind: table, label volume, annotations, labels to learn from and Parquet, compared with what was decided. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import type { Page } from "playwright-core";
import type { Zyx } from "../../src/volume/region.ts";
import { ccboost } from "../helpers/cli_process.ts";
import { readByArrow } from "../helpers/parquet_reader.ts";
import { BRUSHED, type Roles } from "./review_play.ts";
import { type Labels, readLabels, readRows } from "./review_roles.ts";
import type { Place } from "./tables_browser.ts";

type Row = Readonly<Record<string, string>>;

/** Applies the review by the command, and checks its files. */
export async function checkReviewed({ work, prefix }: Place, roles: Roles): Promise<void> {
  const { code, err } = await ccboost("synapses", work, "--reviewed");
  assert.equal(code, 0, err);
  const found = await readLabels(`${prefix}-synapses.zarr`);
  const labels = await readLabels(`${prefix}-reviewed-synapses.zarr`);
  const rows = readRows(`${prefix}-reviewed-synapses.csv`);
  checkRows(rows, roles);
  checkLabels(rows, roles, found, labels);
  const before = readRows(`${prefix}-synapses.csv`).find(({ id }) => Number(id) === roles.flipped);
  checkFlipped(rows, roles, before);
  await checkAnnotations(`${prefix}-reviewed-annotations`, rows);
  const training = await readLabels(`${prefix}-reviewed-training.zarr`);
  const [accepted, rejected] = [voxelOf(roles.accepted, roles, found), voxelOf(roles.rejected, roles, found)];
  const taught = [accepted, rejected, roles.missed.brush].map((voxel) => training.at(voxel));
  assert.deepEqual(taught, [255, 0, 255]);
}

/** What was said of each, and how it differs from what was found. */
function checkRows(rows: readonly Row[], { listed, comment, ...roles }: Roles): void {
  const [one, other] = [...roles.merged.ids].sort((a, b) => a - b);
  const gone = new Set([roles.rejected, roles.waiting, other]);
  const split = ["accepted", "split", `${roles.split.id}`, comment];
  const changed = new Map([
    [roles.accepted, [["accepted", "", `${roles.accepted}`, ""]]],
    [roles.flipped, [["accepted", "flipped", `${roles.flipped}`, ""]]],
    [roles.unsure, [["unsure", "", `${roles.unsure}`, ""]]],
    [roles.split.id, [split, split]],
    [one ?? 0, [["accepted", "merged", `${one}+${other}`, ""]]],
  ]);
  const kept = listed.filter(({ id }) => !gone.has(id));
  const expected = kept.flatMap(({ id }) => changed.get(id) ?? [["not looked at", "", `${id}`, ""]]);
  const added = ["accepted", "added", "", ""];
  assert.deepEqual(
    rows.map((row) => ["review", "changes", "found_as", "comment"].map((name) => row[name])),
    [...expected, added, added],
  );
}

/** A voxel of a synapse as it was found. */
function voxelOf(id: number, { listed }: Roles, found: Labels): Zyx {
  const [z = 0, y = 0, x = 0] = listed.find((one) => one.id === id)?.at.map(Math.round) ?? [];
  for (let away = 0; away < 20; away++) {
    for (let dy = -away; dy <= away; dy++) {
      for (let dx = -away; dx <= away; dx++) {
        const voxel = [z, y + dy, x + dx] as const;
        if (found.at(voxel) === id) return voxel;
      }
    }
  }
  throw new Error(`synapse ${id} has no voxel near its middle`);
}

/** Each voxel has the number of the row that tells what became of it. */
function checkLabels(rows: readonly Row[], roles: Roles, found: Labels, labels: Labels): void {
  const of = (id: number) => labels.at(voxelOf(id, roles, found));
  const changes = (label: number) => rows.find(({ id }) => Number(id) === label)?.["changes"];
  assert.deepEqual([of(roles.rejected), of(roles.waiting)], [0, 0]);
  assert.equal(changes(of(roles.flipped)), "flipped");
  assert.equal(changes(of(roles.accepted)), "");
  const [one, other] = roles.merged.ids.map(of);
  assert.equal(one, other);
  assert.equal(changes(one ?? 0), "merged");
  const parts = roles.split.parts.map((voxel) => labels.at(voxel));
  assert.notEqual(parts[0], parts[1]);
  assert.deepEqual(parts.map(changes), ["split", "split"]);
  const { missed: { click, brush } } = roles;
  const along: Zyx = [brush[0], brush[1], brush[2] + BRUSHED - 1];
  const added = [click, brush, along].map((voxel) => labels.at(voxel));
  assert.deepEqual(added.map(changes), ["added", "added", "added"]);
  assert.equal(added[1], added[2]);
  assert.notEqual(added[0], added[1]);
  const sizes = new Map<number, number>();
  const [depth, height, width] = labels.shape;
  for (let z = 0; z < depth; z++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const label = labels.at([z, y, x]);
        if (label > 0) sizes.set(label, (sizes.get(label) ?? 0) + 1);
      }
    }
  }
  assert.deepEqual(rows.map(({ id }) => sizes.get(Number(id))), rows.map(({ voxels }) => Number(voxels)));
}

/** What was flipped points the other way, and is else as it was. */
function checkFlipped(rows: readonly Row[], { flipped }: Roles, before: Row | undefined): void {
  const after = rows.find((row) => row["found_as"] === `${flipped}`);
  const direction = (row: Row | undefined) => ["dx", "dy", "dz"].map((name) => Number(row?.[name]));
  assert.deepEqual(direction(after), direction(before).map((part) => part === 0 ? 0 : -part));
  assert.equal(after?.["voxels"], before?.["voxels"]);
}

/** Annotations begin in the middles of the rows, and go the way these point. */
async function checkAnnotations(folder: string, rows: readonly Row[]): Promise<void> {
  const info = JSON.parse(await Deno.readTextFile(`${folder}/info`)) as {
    spatial: readonly { readonly key: string }[];
    annotation_type: string;
  };
  assert.equal(info.annotation_type, "LINE");
  const bytes = await Deno.readFile(`${folder}/${info.spatial[0]?.key}/0_0_0`);
  const view = new DataView(bytes.buffer);
  const count = Number(view.getBigUint64(0, true));
  assert.equal(count, rows.length);
  const length = (bytes.length - 8) / count - 8;
  for (const [i, row] of rows.entries()) {
    const float = (place: number) => view.getFloat32(8 + i * length + 4 * place, true);
    for (const [axis, name] of ["x", "y", "z"].entries()) {
      assert.ok(Math.abs(float(axis) - 0.5 - Number(row[name])) < 0.01, `${name} of annotation ${i + 1}`);
      const way = (float(axis + 3) - float(axis)) * Number(row[`d${name}`] ?? 0);
      assert.ok(way >= 0, `annotation ${i + 1} points the other way`);
    }
  }
}

/** Takes the reviewed table from the page as Parquet, and reads it by others. @returns whether there is who reads it */
export async function checkParquet(page: Page, { prefix }: Place): Promise<boolean> {
  const csv = `${prefix}-reviewed-synapses.csv`;
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: /^Parquet: .*-reviewed-/ }).click(),
  ]);
  const read = await readByArrow(await download.path(), dirname(prefix));
  if (read === undefined) return false;
  const text = (value: unknown) => value === null || value === undefined ? "" : String(value);
  const rows = readRows(csv);
  assert.deepEqual(
    read.rows.map((row) => Object.keys(rows[0] ?? {}).map((name) => text(row[name]))),
    rows.map((row) => Object.values(row)),
  );
  return true;
}
