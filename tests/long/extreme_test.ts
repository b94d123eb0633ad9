/** Runs at the ends of what is allowed end, and end right: every voxel has a finite score, the same for all blocks. */
import assert from "node:assert/strict";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { UserError } from "../../src/user_error.ts";
import { voxelCount, type Zyx } from "../../src/volume/region.ts";
import { readStumpFile } from "../../src/boosting/stump_file.ts";
import { blocksOf, digests, readNrrd, runJob } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

/** A volume and what is set beyond the least. */
interface Extreme {
  readonly shape: Zyx;
  readonly anisotropy?: number;
  readonly set?: readonly string[];
  /** Blocks of a second run, more than one of them. */
  readonly blockShape?: Zyx;
}

const TEXT = `outFileName = "out"; numStumps = 4; numWLToExplorePerIter = 40; candidatePoses = 12;
borderMinDist = 0; minPosRegionSize = 1; seed = 1; outputFirstStage = true;
train = { rawVolume = "raw.tif"; groundTruth = "labels.tif"; zAnisotropyFactor = 1.0;
  otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"]; };
test = ( { rawVolume = "raw.tif"; otherFeatures = ["gradient-magnitude-s1.0", "stensor-s0.5-r1.0"]; } );
`;

/** A volume with a dark box in its middle, which is what is labelled: a third of each axis. */
function boxVolume(shape: Zyx): { raw: Uint8Array; labels: Uint8Array } {
  const raw = new Uint8Array(voxelCount(shape));
  const labels = new Uint8Array(raw.length);
  for (let index = 0; index < raw.length; index++) {
    const at = [
      Math.floor(index / (shape[1] * shape[2])),
      Math.floor(index / shape[2]) % shape[1],
      index % shape[2],
    ];
    const isInside = at.every((place, axis) => {
      const length = shape[axis] ?? 1;
      return place >= Math.floor(length / 3) && place < Math.max(Math.ceil(2 * length / 3), 1);
    });
    const noise = (Math.imul(index + 1, 0x9e3779b1) >>> 27) - 16;
    raw[index] = (isInside ? 70 : 150) + noise;
    if (isInside) labels[index] = 255;
  }
  return { raw, labels };
}

async function writeBox(folder: string, shape: Zyx, change?: (labels: Uint8Array) => void): Promise<void> {
  const { raw, labels } = boxVolume(shape);
  change?.(labels);
  await Deno.writeFile(`${folder}/raw.tif`, encodeTiff(raw, shape));
  await Deno.writeFile(`${folder}/labels.tif`, encodeTiff(labels, shape));
  await Deno.writeTextFile(`${folder}/job.cfg`, TEXT);
}

/** Checks the scores of a run. */
async function checkScores(folder: string, name: string, shape: Zyx): Promise<void> {
  const [max, min, first] = await Promise.all(
    ["max", "min", "first"].map((kind) => readNrrd(`${folder}/${name}-0-ab-${kind}.nrrd`)),
  );
  assert.ok(max && min && first);
  assert.deepEqual([max.length, first.length], [voxelCount(shape), voxelCount(shape)]);
  // one synapse is too few to choose by, so that scores are smoothed
  assert.ok(max.every(Number.isFinite), "final scores");
  assert.ok(first.every((score, i) => Number.isFinite(score) && score >= (min[i] ?? NaN)), "scores");
  assert.ok(new Set(max).size > 1, "every voxel has the same score");
}

/** Runs, and once more in blocks where there is more than one, and compares. */
async function runExtreme({ shape, anisotropy = 1, set = [], blockShape }: Extreme): Promise<void> {
  await inTempFolder(async (folder) => {
    await writeBox(folder, shape);
    const all = [`train.zAnisotropyFactor=${anisotropy}`, ...set];
    await runJob(folder, { set: all, polarity: "none" });
    await checkScores(folder, "out", shape);
    if (blockShape === undefined) return;
    const names = ["stumps.cfg", "0-ab-max.nrrd", "0-ab-min.nrrd", "0-ab-first.nrrd"];
    const expected = await digests(names.map((name) => `${folder}/out-${name}`));
    const options = { polarity: "none" as const, resources: { workers: 2, blockShape } };
    const { journal } = await runJob(folder, { ...options, set: [...all, "outFileName=parts"] });
    assert.ok([...blocksOf(journal, "score-0").values()].every((blocks) => blocks.length > 1), "one block");
    const found = await digests(names.map((name) => `${folder}/parts-${name}`));
    assert.deepEqual(found.map((text) => text.replace("parts-", "out-")), expected);
  });
}

const EXTREMES: Readonly<Record<string, Extreme>> = {
  "one slice": { shape: [1, 24, 1100], blockShape: [1, 32, 1024] },
  "one row a slice": { shape: [40, 1, 44] },
  "one column a row": { shape: [40, 44, 1] },
  "a line of voxels": { shape: [1, 1, 90] },
  "a volume smaller than the context": { shape: [5, 6, 7] },
  "a volume thinner than a supervoxel": { shape: [3, 60, 50], set: ["svox.seed=20"] },
  "prime sizes": { shape: [7, 13, 1031], blockShape: [8, 16, 1024] },
  "anisotropy 50": { shape: [7, 60, 70], anisotropy: 50 },
  "anisotropy 1000, one slice": { shape: [1, 60, 70], anisotropy: 1000 },
  "svox.seed 1": { shape: [11, 40, 43], set: ["svox.seed=1"] },
  "svox.seed 20": {
    shape: [41, 61, 73],
    set: ["svox.seed=20", "svox.cubeness=40"],
    blockShape: [64, 64, 64],
  },
  "svox.cubeness 1": { shape: [17, 40, 43], set: ["svox.cubeness=1"] },
  "svox.cubeness 1000": { shape: [17, 40, 43], set: ["svox.cubeness=1000"] },
  "one stump of one pose": { shape: [17, 40, 43], set: ["numStumps=1", "candidatePoses=1"] },
};

for (const [name, extreme] of Object.entries(EXTREMES)) {
  Deno.test(`runCcboost() scores every voxel with ${name}`, () => runExtreme(extreme));
}

Deno.test("runCcboost() learns from one positive", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [20, 30, 30];
    await writeBox(folder, shape);
    const { report, said } = await runJob(folder, { set: ["PosSkipFactor=100000"], polarity: "none" });
    assert.match(said, /training on 1 of \d+ positives/);
    const { stumps } = await readStumpFile(report.model, { anisotropy: 1 });
    assert.ok(stumps.length > 0 && stumps.every(({ alpha }) => Number.isFinite(alpha)));
    await checkScores(folder, "out", shape);
  }));

Deno.test("runCcboost() says so where no negative, or no positive, is left away from the border", () =>
  inTempFolder(async (folder) => {
    const shape: Zyx = [24, 30, 30];
    await writeBox(folder, shape);
    const attempt = (border: number) =>
      runJob(folder, {
        set: [`borderMinDist=${border}`],
        polarity: "none",
        work: `${folder}/work-${border}`,
      });
    await assert.rejects(
      attempt(10),
      (error) => error instanceof UserError && /no negative samples \(0 found\)/.test(error.message),
    );
    await assert.rejects(
      attempt(14),
      (error) => error instanceof UserError && /too few for borderMinDist = 14/.test(error.message),
    );
    await writeBox(folder, shape, (labels) => labels.fill(0).fill(255, 0, 2 * 30 * 30));
    await assert.rejects(
      attempt(5),
      (error) => error instanceof UserError && /no positive samples/.test(error.message),
    );
  }));
