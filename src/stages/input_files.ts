/** The files that a run reads, and what people read of them. */
import { locationName } from "../config/location.ts";
import type { Settings, TestSettings } from "../config/settings.ts";

/** What a volume file must be. */
export type InputKind = "raw" | "labels" | "float32";

/** What the settings say of an input: of a raw volume, or of labels. */
export interface GivenInput extends Pick<TestSettings, "rescale" | "voxelSize"> {
  readonly labels?: string;
}

/** A volume that a run converts, with what the settings say of it. */
export interface InputFile extends GivenInput {
  readonly path: string;
  readonly kind: InputKind;
}

/** The volumes that a run converts, each once. */
export function inputFiles({ train, test }: Pick<Settings, "train" | "test">): InputFile[] {
  const found = new Map<string, InputFile>();
  const add = (file: InputFile) =>
    void found.set(`${file.kind} ${file.path} ${JSON.stringify([file.rescale, file.labels])}`, file);
  for (const volume of [...train, ...test]) {
    const { rawVolume: path, rescale, voxelSize, otherFeatures, orientEstimate } = volume;
    add({
      path,
      kind: "raw",
      ...(rescale === undefined ? {} : { rescale }),
      ...(voxelSize === undefined ? {} : { voxelSize }),
    });
    for (const channel of otherFeatures) {
      if (channel.kind === "file") add({ path: channel.path, kind: "float32" });
    }
    if (orientEstimate.kind === "file") add({ path: orientEstimate.path, kind: "float32" });
  }
  for (const { groundTruth, labels } of train) add({ path: groundTruth, kind: "labels", labels });
  return [...found.values()];
}

/** What messages call a volume of the settings: its file, with as many folders as tell it from the others. */
export function inputName(settings: Pick<Settings, "train" | "test">, path: string): string {
  return locationName(path, inputFiles(settings).map((file) => file.path));
}
