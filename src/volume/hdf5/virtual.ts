/** Virtual HDF5 datasets, whose voxels are in datasets of other files. */
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Dataset } from "h5wasm";
import { shorten, UserError } from "../../user_error.ts";
import { isAFile } from "../file.ts";
import { type Hdf5File, openHdf5File } from "./file.ts";

/** Most files of a virtual dataset: each is open while it is read. */
const MOST_SOURCES = 512;

/**
 * Another file as the one at `path` names it: where it says, else beside it.
 * @returns undefined where there is none
 */
export function besides(path: string, name: string): string | undefined {
  const places = isAbsolute(name) ? [name, join(dirname(path), basename(name))] : [join(dirname(path), name)];
  return places.find(isAFile);
}

/**
 * Lets the library read the files that a virtual dataset is made of. What they lack would be read as zeros without a word, so each is
 * looked at first.
 *
 * @returns their paths; none where the dataset is no virtual one
 * @throws UserError where a file or a dataset in it is missing or cannot be read
 */
export async function showSources(
  file: Hdf5File,
  path: string,
  label: string,
  dataset: Dataset,
): Promise<string[]> {
  const sources = dataset.metadata.virtual_sources ?? [];
  const inners = new Map<string, Set<string>>();
  for (const { file_name: name, dset_name: inner } of sources) {
    inners.set(name, (inners.get(name) ?? new Set()).add(inner));
  }
  const wrong = (name: string, problem: string) =>
    new UserError(
      `${label}: a virtual dataset with a part in ${shorten(name, 120)}: ${problem}; copy all its ` +
        "files, or merge them into one dataset",
    );
  if (inners.size > MOST_SOURCES) {
    throw new UserError(
      `${label}: a virtual dataset of ${inners.size} files, expected at most ${MOST_SOURCES}; merge them into one dataset`,
    );
  }
  const found: string[] = [];
  for (const [name, wanted] of inners) {
    const isOwn = name === ".";
    const source = isOwn ? path : besides(path, name);
    if (source === undefined) throw wrong(name, "no such file");
    if (name.split("/").includes("..")) throw wrong(name, "a file above the folder of this one");
    await requireDatasets(source, wanted, (problem) => wrong(name, problem));
    if (isOwn) continue;
    file.show(isAbsolute(name) ? basename(name) : join(name), source);
    found.push(source);
  }
  return found;
}

async function requireDatasets(
  path: string,
  inners: ReadonlySet<string>,
  wrong: (problem: string) => UserError,
): Promise<void> {
  const file = await openHdf5File(path);
  try {
    for (const inner of inners) {
      const text = shorten(inner, 80);
      if (inner.includes("%")) throw wrong(`any number of datasets (${text})`);
      const dataset = file.find(inner)?.dataset;
      if (dataset === undefined) throw wrong(`there is no dataset ${text} in it`);
      if ((dataset.metadata.virtual_sources ?? []).length > 0) {
        throw wrong(`${text} is itself a virtual dataset`);
      }
      const missing = file.filters(dataset).find(({ isRead }) => !isRead);
      if (missing !== undefined) {
        throw wrong(`${text} uses the filter ${missing.name}, which cannot be read`);
      }
    }
  } finally {
    file.close();
  }
}
