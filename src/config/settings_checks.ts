/** Checks of settings against one another. They add to the context's problems. */
import type { ConfigGroup, ConfigValue, Position } from "./config_value.ts";
import type { SettingsContext } from "./settings_form.ts";
import { DEFAULT_ORIENTATION_SIGMA } from "./settings_sources.ts";
import type { ChannelSource, Settings } from "./settings_types.ts";

/** The value at a path of names and indices. */
export function findValue(root: ConfigValue, ...path: readonly (string | number)[]): ConfigValue | undefined {
  let value: ConfigValue | undefined = root;
  for (const step of path) {
    if (value?.type === "group") value = value.settings.get(String(step))?.value;
    else if ((value?.type === "list" || value?.type === "array") && typeof step === "number") {
      value = value.elements[step];
    } else return undefined;
  }
  return value;
}

/** Whether a key is set to `true`. */
function isOn(root: ConfigGroup, key: string): boolean {
  const value = findValue(root, key);
  return value?.type === "boolean" && value.value;
}

/** Whether `savedStumpsPath` names a file. */
function loadsStumps(root: ConfigGroup): boolean {
  const value = findValue(root, "savedStumpsPath");
  return value !== undefined && !(value.type === "string" && value.value === "");
}

/** Whether a stump file is tested and nothing is learned, so that `train` is not read. */
export function onlyTests(root: ConfigGroup): boolean {
  return loadsStumps(root) && isOn(root, "usedSavedStumpsPathOnlyForTesting") &&
    !isOn(root, "relearnThresholds");
}

/** The anisotropy that a volume's group names; undefined where it is left out or has a problem of its own. */
export function namedAnisotropy(volume: ConfigValue | undefined): number | undefined {
  const value = volume && findValue(volume, "zAnisotropyFactor");
  return (value?.type === "float" || value?.type === "integer") && value.value >= 1 ? value.value : undefined;
}

/** The groups of the training volumes, each with its name in messages and its path. */
export function trainGroups(
  root: ConfigGroup,
): { readonly name: string; readonly path: readonly (string | number)[]; readonly value: ConfigValue }[] {
  const value = findValue(root, "train");
  if (value === undefined) return [];
  if (value.type !== "list" && value.type !== "array") return [{ name: "train", path: ["train"], value }];
  return value.elements.map((element, index) => ({
    name: `train[${index}]`,
    path: ["train", index],
    value: element,
  }));
}

/** Checks which groups are there: `train` where something is learned, and anything to do at all. */
export function checkGroups(root: ConfigGroup, context: SettingsContext): void {
  const report = (position: Position | undefined, message: string) =>
    context.problems.push({ position, message });
  const hasTrain = trainGroups(root).length > 0;
  const tests = findValue(root, "test");
  const hasTests = tests !== undefined && !("elements" in tests && tests.elements.length === 0);
  const train = "train = { rawVolume = ...; groundTruth = ...; }";
  if (isOn(root, "relearnThresholds")) {
    const position = findValue(root, "relearnThresholds")?.position;
    if (!loadsStumps(root)) {
      report(position, "relearnThresholds = true needs a model; set savedStumpsPath to a stump file");
    }
    if (!hasTrain) report(position, `relearnThresholds = true needs a training volume; add ${train}`);
  } else if (!hasTrain && !loadsStumps(root)) {
    report(
      root.position,
      `train is missing, so there is no training volume; add ${train} (see docs/ground-truth.md for labels), ` +
        "or set savedStumpsPath to a model",
    );
  } else if (!hasTrain && !onlyTests(root)) {
    report(root.position, `train is missing; add ${train}, or set usedSavedStumpsPathOnlyForTesting = true`);
  }
  if (onlyTests(root) && !hasTests) {
    report(
      (tests ?? root).position,
      "there is nothing to do: the model is only used for scoring, but test lists no volume; add one",
    );
  }
}

/** Checks that all volumes that are read have the same anisotropy. */
export function checkAnisotropy(root: ConfigGroup, context: SettingsContext): void {
  const tests = findValue(root, "test");
  const volumes = onlyTests(root)
    ? []
    : trainGroups(root).map(({ name, value }): [string, ConfigValue] => [name, value]);
  if (tests !== undefined && "elements" in tests) {
    for (const [index, volume] of tests.elements.entries()) volumes.push([`test[${index}]`, volume]);
  }
  const named = volumes.flatMap(([name, volume]) => {
    const value = findValue(volume, "zAnisotropyFactor");
    const factor = value === undefined ? context.usualAnisotropy : namedAnisotropy(volume);
    return factor === undefined ? [] : [{ name, factor, position: (value ?? volume).position }];
  });
  const [first, ...others] = named;
  for (const { name, factor, position } of others) {
    if (first === undefined || factor === first.factor) continue;
    context.problems.push({
      position,
      message:
        `${name}.zAnisotropyFactor is ${factor} and ${first.name}.zAnisotropyFactor is ${first.factor}; ` +
        `all volumes must have the same anisotropy`,
    });
  }
}

/** Checks that every test volume has the channels that are learned from, in the same order. */
export function checkChannels(settings: Settings, root: ConfigGroup, context: SettingsContext): void {
  const [first, ...others] = [
    ...trainGroups(root).flatMap(({ name, path }, index) => {
      const volume = settings.train[index];
      return volume ? [{ name, path, channels: volume.otherFeatures }] : [];
    }),
    ...settings.test.map(({ otherFeatures }, index) => ({
      name: `test[${index}]`,
      path: ["test", index],
      channels: otherFeatures,
    })),
  ];
  for (const { name, path, channels } of others) {
    const difference = first && describeDifference(first.channels, channels);
    if (first === undefined || difference === undefined) continue;
    const place = findValue(root, ...path, "otherFeatures") ?? findValue(root, ...path);
    context.problems.push({
      position: place?.position,
      message: `${name}.otherFeatures differs from ${first.name}.otherFeatures: ${difference}; ` +
        `use the same channels in the same order for all volumes`,
    });
  }
}

function describeDifference(a: readonly ChannelSource[], b: readonly ChannelSource[]): string | undefined {
  if (a.length !== b.length) return `${b.length} channels instead of ${a.length}`;
  for (const [index, expected] of a.entries()) {
    const found = b[index];
    if (found?.kind === "computed" && expected.kind === "computed" && found.stem !== expected.stem) {
      return `channel ${index} is ${found.stem} instead of ${expected.stem}`;
    }
  }
  return undefined;
}

/** Checks that the two volumes of training weights do not overwrite each other. */
export function checkWeightFiles(settings: Settings, root: ConfigGroup, context: SettingsContext): void {
  const { saveTrainingWeightsPosFileName: positive, saveTrainingWeightsNegFileName: negative } = settings;
  if (!settings.saveTrainingWeights || positive !== negative) return;
  context.problems.push({
    position: findValue(root, "saveTrainingWeightsNegFileName")?.position,
    message: `saveTrainingWeightsPosFileName and saveTrainingWeightsNegFileName are both ${negative}; ` +
      `use two different names`,
  });
}

/** Checks that `useSynapses` of one training volume is said once, within its group or outside of it. */
export function checkUseSynapses(settings: Settings, root: ConfigGroup, context: SettingsContext): void {
  const [group, ...others] = trainGroups(root), [train] = settings.train;
  const all = settings.useSynapses, own = train?.useSynapses ?? [];
  if (!group || !train || others.length > 0 || all.length === 0 || all.join() === own.join()) return;
  context.problems.push({
    position: findValue(root, "useSynapses")?.position,
    message: `useSynapses is [${all.join(", ")}], but ${group.name}.useSynapses is [${own.join(", ")}]; ` +
      `remove one of them`,
  });
}

/** Checks what can only be said of one training volume. */
export function checkSeveralVolumes(settings: Settings, root: ConfigGroup, context: SettingsContext): void {
  if (settings.train.length < 2) return;
  const report = (key: string, message: string) =>
    context.problems.push({ position: findValue(root, ...key.split("."))?.position, message });
  if (settings.useSynapses.length > 0) {
    report(
      "useSynapses",
      "useSynapses outside of the train groups does not tell which of several training volumes it is about; " +
        "put it into the group of its volume",
    );
  }
  if (settings.saveTrainingWeights) {
    report(
      "saveTrainingWeights",
      "saveTrainingWeights writes one volume, but train lists several; set it to false",
    );
  }
  if (settings.extra.saveTrainingFeatures) {
    report(
      "extra.saveTrainingFeatures",
      "extra.saveTrainingFeatures works with one training volume, but train lists several; set it to false",
    );
  }
  checkOrientations(settings, root, context);
  const places = new Map<string, number>();
  for (const [index, { rawVolume, groundTruth }] of settings.train.entries()) {
    const key = JSON.stringify([rawVolume, groundTruth]);
    const first = places.get(key);
    if (first !== undefined) {
      context.problems.push({
        position: findValue(root, "train", index)?.position,
        message:
          `train[${index}] has the same rawVolume and groundTruth as train[${first}]; remove one of them`,
      });
    } else places.set(key, index);
  }
}

/** Checks that the orientation is computed at one scale, with which the model is used later. */
function checkOrientations(
  { train, savedStumpsPath }: Settings,
  root: ConfigGroup,
  context: SettingsContext,
) {
  const scales = train.flatMap(({ orientEstimate: own }, index) => {
    if (own.kind === "computed") return [{ index, sigma: own.sigma }];
    // another model's scale is in its file
    return own.kind === "model" && savedStumpsPath === ""
      ? [{ index, sigma: DEFAULT_ORIENTATION_SIGMA }]
      : [];
  });
  const [first, ...others] = scales;
  for (const { index, sigma } of others) {
    if (first === undefined || sigma === first.sigma) continue;
    const place = findValue(root, "train", index, "orientEstimate") ?? findValue(root, "train", index);
    context.problems.push({
      position: place?.position,
      message: `train[${index}].orientEstimate computes directions at a scale of ${sigma}, and ` +
        `train[${first.index}].orientEstimate at ${first.sigma}; use one scale for all training volumes`,
    });
  }
}
