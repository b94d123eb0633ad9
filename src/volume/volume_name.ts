/** What a volume is called by its file. */
import { basename } from "node:path";

/** The name of a file or folder without its ending, of letters, digits, `_`, `.` and `-`; `volume` where nothing is left. */
export function nameOfVolume(given: string): string {
  const name = basename(given).replace(/\.(tiff?|nrrd|nhdr|mrc|png|h5|hdf5?|zarr)\b.*$/i, "");
  return name.replaceAll(/[^\w.-]+/g, "-").replace(/^[-.]+|-+$/g, "") || "volume";
}
