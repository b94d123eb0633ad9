/** A labelling project: a stack, its labels, and what is told of them. */
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { isAddress } from "../config/location.ts";
import { lockFolder, openRecordLog } from "../engine/mod.ts";
import { UserError } from "../user_error.ts";
import { fileError, writeFileAtomic } from "../volume/file.ts";
import type { VoxelSize } from "../volume/voxel_size.ts";
import { createZarr, openZarr, type ZarrVolume } from "../volume/zarr/mod.ts";
import type { Zyx } from "../volume/region.ts";
import { openLabelChunks } from "./chunks.ts";
import { placeOfChunk } from "./runs.ts";
import { createHistory } from "./history.ts";
import { USUAL_LEARNING } from "./learn_settings.ts";
import { SCORES_FOLDER as SCORES } from "./live.ts";
import {
  anisotropyOfVoxels,
  LOG,
  type ProjectFile,
  readProjectFile,
  writeProjectFile,
} from "./project_file.ts";
import type { KnownLine, LabelChange, LabelEvents, LabelModel, LabelState, LearnSettings } from "./state.ts";
import { type LabelStore, openLabelStore } from "./store.ts";

/** An open project; one process has it at a time. */
export interface LabelProject extends Pick<LabelHub, "listen"> {
  readonly folder: string;
  readonly raw: ZarrVolume;
  readonly store: LabelStore;
  /** What `project.json` holds now. */
  file(): ProjectFile;
  state(): LabelState;
  /** Sets what the stack's file does not tell, and how the project learns. @throws {UserError} where it cannot be saved */
  set(settings: ProjectSettings): Promise<LabelState>;
  /** The folder that holds the stack and the project, which a server shows, and paths below it. */
  readonly served: ServedPaths;
  /** Is told when these changed. */
  onSet(changed: () => void): void;
  /** Takes what is known of the directions across synapses, by their ids. */
  setLines(lines: ReadonlyMap<number, KnownLine>): void;
  /** Chunks that the last model has scored. */
  scored(): Zyx[];
  /** Tells all pages what is known of the model. @param scored chunks of its scores that are new */
  tellModel(model: LabelModel, scored?: readonly string[]): void;
  close(): Promise<void>;
}

/** What may be set of a project. */
export interface ProjectSettings {
  readonly voxelSize?: VoxelSize | undefined;
  /** Default: by the voxel size. */
  readonly anisotropy?: number | undefined;
  readonly learning?: LearnSettings | undefined;
}

/** Paths below a folder, with slashes. */
export interface ServedPaths {
  readonly root: string;
  readonly raw: string;
  readonly labels: string;
  readonly scores: string;
  /** Labels that are looked at before they are taken. */
  readonly imports: string;
}

const LABELS = "labels.zarr";
/** Folder, in the project's, of labels that are looked at before they are taken. */
export const IMPORT_FOLDER = "import";

/** Deep enough for a synapse, and 64^3 voxels as all arrays: some milliseconds to pack, 1 MiB in memory. */
const LABEL_CHUNK: Zyx = [16, 128, 128];

/** Makes a project's files around a stack that is Zarr. What was begun before and not finished is begun anew. */
export async function createProject(
  folder: string,
  raw: ZarrVolume,
  file: ProjectFile,
): Promise<void> {
  const path = join(folder, LABELS);
  const { shape } = raw;
  await createZarr(path, { shape, chunk: LABEL_CHUNK, dtype: "uint32", codec: "zstd" });
  await writeFileAtomic(join(folder, LOG), "");
  await writeProjectFile(folder, file);
}

/**
 * Opens a project: everything that was saved is there.
 * @throws {UserError} where another process has it, or it is damaged
 */
export async function openProject(given: string): Promise<LabelProject> {
  const folder = resolve(given);
  let file = await readProjectFile(folder);
  const raw = await openZarr(resolve(folder, file.raw));
  const path = join(folder, LOG);
  const opened = openLog(path);
  const lock = await lockFolder(folder, opened, "close that one, or open its page").catch((cause) => {
    opened.close();
    throw cause;
  });
  try {
    const labels = await openZarr(join(folder, LABELS));
    requireSameShape(labels, raw);
    await Deno.mkdir(join(folder, SCORES), { recursive: true });
    await Deno.mkdir(join(folder, IMPORT_FOLDER), { recursive: true });
    const history = createHistory(file.begun);
    const log = openRecordLog(opened, path, history.take);
    let model: LabelModel | null = null;
    let lines: ReadonlyMap<number, KnownLine> = new Map();
    let settingsChanged = () => {};
    const scored = new Map<string, Zyx>();
    const chunks = await openLabelChunks(labels);
    const store: LabelStore = await openLabelStore({
      chunks,
      log,
      history,
      lineOf: (id) => lines.get(id),
      onChange: (stroke) => hub.tell({ stroke, state: state() }),
    });
    const served = servedPaths(folder, raw.path);
    const state = (): LabelState => ({
      begun: file.begun,
      shape: raw.shape,
      raw: served.raw,
      labels: served.labels,
      chunk: labels.chunk,
      anisotropy: file.anisotropy,
      voxelSize: file.voxelSize,
      learning: file.learning ?? USUAL_LEARNING,
      usual: USUAL_LEARNING,
      ...store.summary(),
      model,
    });
    const hub = createHub(() => history.seq, () => ({
      state: state(),
      ...(model ? { scores: { version: model.version, chunks: [...scored.keys()] } } : {}),
    }));
    return {
      folder,
      raw,
      store,
      served,
      state,
      file: () => file,
      listen: hub.listen,
      async set({ voxelSize, anisotropy, learning = file.learning }) {
        const given = anisotropy ?? (voxelSize ? anisotropyOfVoxels(voxelSize) : file.anisotropy);
        const changed = { ...file, voxelSize: voxelSize ?? file.voxelSize, anisotropy: given, learning };
        await writeProjectFile(folder, changed);
        file = changed;
        hub.tell({ state: state() });
        settingsChanged();
        return state();
      },
      onSet: (changed) => void (settingsChanged = changed),
      setLines: (known) => void (lines = known),
      scored: () => [...scored.values()],
      tellModel(told, chunks) {
        if (told.version !== model?.version) scored.clear();
        for (const key of chunks ?? []) scored.set(key, placeOfChunk(key));
        model = told;
        hub.tell({
          state: state(),
          ...(chunks ? { scores: { version: told.version, chunks } } : {}),
        });
      },
      async close() {
        await store.close();
        await lock.release();
      },
    };
  } catch (cause) {
    await lock.release();
    opened.close();
    throw cause;
  }
}

function openLog(path: string): Deno.FsFile {
  try {
    return Deno.openSync(path, { read: true, write: true });
  } catch (cause) {
    throw fileError(path, "write", cause);
  }
}

function requireSameShape(labels: ZarrVolume, raw: ZarrVolume): void {
  if (labels.shape.every((length, axis) => length === raw.shape[axis])) return;
  throw new UserError(
    `${raw.path} has the shape ${raw.shape}, but its labels in ${labels.path} have ${labels.shape}; ` +
      "put the stack back that was labelled, or begin another project with --work",
  );
}

/** Where paths that a person gives start from: the folder of the stack, or, where that has an address, the one in which the project is. */
export function folderOfStack({ folder, file }: Pick<LabelProject, "folder" | "file">): string {
  const { stack } = file();
  if (isAddress(stack)) return dirname(folder);
  return dirname(resolve(folder, stack).replace(/[*?].*$/, "x"));
}

/** The nearest folder that holds both the project and the stack. */
function servedPaths(folder: string, raw: string): ServedPaths {
  let root = folder;
  while (isOutside(root, raw)) {
    const above = dirname(root);
    if (above === root) {
      throw new UserError(`${raw} is on another disk than ${folder}; use --work on the disk of the stack`);
    }
    root = above;
  }
  const below = (path: string) => relative(root, path).replaceAll("\\", "/");
  return {
    root,
    raw: below(raw),
    labels: below(join(folder, LABELS)),
    scores: below(join(folder, SCORES)),
    imports: below(join(folder, IMPORT_FOLDER)),
  };
}

function isOutside(root: string, path: string): boolean {
  const below = relative(root, path);
  return below.startsWith("..") || isAbsolute(below);
}

/** Takes news with the number of the last change that they tell. */
type LabelListener = (news: Partial<LabelEvents>, id: string) => void;

/** Who listens to a project. */
interface LabelHub {
  tell(news: Partial<LabelEvents>): void;
  /**
   * Listens from now on. First it is told what it missed.
   * @param after number of the last change that the listener has; empty: it has none
   * @returns a function that ends it
   */
  listen(after: string, listener: LabelListener): Promise<() => void>;
}

/** Changes that a page which comes back can be told one by one. */
const MOST_RECENT = 1000;

/** Begins without listeners. @param now the number of the last change @param first what each listener is told at first */
function createHub(now: () => number, first: () => Partial<LabelEvents>): LabelHub {
  const listeners = new Set<LabelListener>();
  const recent: LabelChange[] = [];
  return {
    tell(news) {
      if (news.stroke) {
        recent.push(news.stroke);
        if (recent.length > MOST_RECENT) recent.shift();
      }
      for (const listener of listeners) listener(news, String(now()));
    },
    listen(after, listener) {
      const has = /^\d{1,15}$/.test(after) ? Number(after) : undefined;
      if (has !== undefined && has !== now()) {
        const missed = recent.filter(({ seq }) => seq > has);
        const isWhole = has < now() && (recent[0]?.seq ?? Infinity) <= has + 1;
        if (isWhole) { for (const stroke of missed) listener({ stroke }, String(stroke.seq)); }
        else listener({ reload: "too much was missed" }, String(now()));
      }
      listener(first(), String(now()));
      listeners.add(listener);
      return Promise.resolve(() => void listeners.delete(listener));
    },
  };
}
