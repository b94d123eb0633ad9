/** The places of the synapses in a CSV that `writeSynapseCsv` wrote. */
import { nextTurn } from "../../../engine/mod.ts";
import { UserError } from "../../../user_error.ts";
import { someLines } from "../whole_lines.ts";
import { PLACE_NUMBERS } from "./records.ts";
import { type TablePlaces, tablePlaces } from "./table_places.ts";

const NAMES = ["z_from", "y_from", "x_from", "z_to", "y_to", "x_to", "voxels", "id"];

/** Reads a table of any length in little memory. @throws {UserError} where it is no such table */
export async function readPlaces(csv: string): Promise<TablePlaces> {
  let values = new Uint32Array(1024 * PLACE_NUMBERS);
  let count = 0;
  let columns: number[] | undefined;
  const wrong = (what: string) => new UserError(`${csv}: ${what}; list the synapses again`);
  for await (const lines of someLines(csv)) {
    for (const line of lines) {
      const cells = line.split(",");
      if (columns === undefined) {
        columns = NAMES.map((name) => cells.indexOf(name));
        if (columns.includes(-1)) throw wrong("this is not a table of synapses");
        continue;
      }
      const [z = NaN, y = NaN, x = NaN, zTo = NaN, yTo = NaN, xTo = NaN, voxels = NaN, id] = columns
        .map((column) => Number(cells[column] ?? NaN));
      const place = [z, y, x, zTo - z + 1, yTo - y + 1, xTo - x + 1, voxels];
      if (id !== count + 1 || !place.every((n) => Number.isSafeInteger(n) && n >= 0 && n < 2 ** 32)) {
        throw wrong(`row ${count + 1} is not one of a table of synapses`);
      }
      if ((count + 1) * PLACE_NUMBERS > values.length) {
        const larger = new Uint32Array(2 * values.length);
        larger.set(values);
        values = larger;
      }
      values.set(place, count++ * PLACE_NUMBERS);
    }
    await nextTurn();
  }
  if (columns === undefined) throw wrong("this is not a table of synapses");
  return tablePlaces(values.slice(0, count * PLACE_NUMBERS));
}
