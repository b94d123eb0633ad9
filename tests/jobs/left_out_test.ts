/** Synapses that answers leave out are not learned from. */
import assert from "node:assert/strict";
import {
  keptSynapses,
  lacksAnswers,
  readLeftOut,
  writeAnswers,
} from "../../src/stages/training/polarity_answers.ts";
import { encodeTiff } from "../../fixtures/tiff.ts";
import { readDirections } from "../../src/stages/training/directions.ts";
import { componentNormals } from "../../src/stages/training/polarity.ts";
import { emptySamples } from "../../src/stages/training/sample_table.ts";
import { openZarr } from "../../src/volume/zarr/mod.ts";
import { digests, runJob } from "../helpers/run_job.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";
import { SHAPES, writeTwoVolumes, writeVolume } from "../helpers/two_volumes.ts";
import { writeTiny } from "../helpers/run_tiny.ts";
import { unanswered } from "./unanswered.ts";

Deno.test("runCcboost() learns as with useSynapses where answers leave a synapse out", () =>
  inTempFolder(async (folder) => {
    await writeTiny(folder);
    const work = `${folder}/work`;
    const set = ["train.ccPolarity=()", "test=()"];
    const { missing, answers } = await unanswered(folder, { work, set });
    const [out, ...others] = answers;
    assert.ok(out && others.length > 1);
    await writeAnswers(work, others, [{ pos: out.pos, reason: "cannot tell" }]);
    assert.deepEqual(await readLeftOut(work), [{ pos: out.pos, reason: "cannot tell" }]);
    assert.equal(await lacksAnswers(work, missing), false);
    const components = await openZarr(`${work}/ground-truth/components.zarr`);
    const directions = await readDirections(work, missing);
    assert.deepEqual([...directions.keys()], missing.map(({ id }) => id), "while the run waits");
    const { said } = await runJob(folder, { work, set });
    assert.doesNotMatch(said, /done again/, "answers are no change of mind");
    assert.match(said, /^samples: already done$/m);
    assert.deepEqual(
      await readDirections(work, missing),
      directions,
      "also of those left out, when samples are gone",
    );
    const model = `${folder}/out-stumps.cfg`;
    const [answered] = await digests([model]);
    await Deno.remove(model);
    const ids = missing.slice(1).map(({ id }) => id);
    const written = others.map(({ pos, polarity }) => `{ pos = [${pos}]; polarity = [${polarity}]; }`);
    const other = await runJob(folder, {
      work: `${folder}/other`,
      set: [`train.ccPolarity=(${written.join(", ")})`, `useSynapses=[${ids}]`, "test=()"],
    });
    assert.deepEqual(await digests([model]), [answered]);
    assert.match(other.said, /raw\.tif: 48 x 44 x 20 voxels \(x, y, z\)/);

    const truth = { components, list: { components: missing } };
    assert.deepEqual(await keptSynapses(work, [], truth), ids);
    const allOut = answers.map(({ pos }) => ({ pos, reason: "no synapse" as const }));
    await writeAnswers(work, [], allOut);
    await assert.rejects(
      runJob(folder, { work, set: [...set, "outFileName=none"] }),
      /polarity\.json leaves out all \d+ synapses; answer/,
    );
  }));

Deno.test("runCcboost() learns only from the background of a volume of which answers leave out all synapses", () =>
  inTempFolder(async (folder) => {
    await writeTwoVolumes(folder);
    const { places, labels } = await writeVolume(folder, 1);
    const leftOut = places.map((pos) => ({ pos, reason: "no synapse" as const }));
    const ignored = labels.map((label) => label === 255 ? 128 : label);
    await Deno.writeFile(`${folder}/ignored.tif`, encodeTiff(ignored, SHAPES[1] ?? [1, 1, 1]));
    for (
      const [folds, same] of [[1, "train[1].useSynapses=[0]"], [
        2,
        "train[1].groundTruth=ignored.tif",
      ]] as const
    ) {
      const work = `${folder}/work-${folds}`;
      await Deno.mkdir(work);
      await writeAnswers(work, [], leftOut, 1);
      const set = ["test=()", `crossFitFolds=${folds}`];
      const { said } = await runJob(folder, { work, set });
      assert.match(
        said,
        /^warning: .*polarity-1\.json leaves out all 3 synapses of train\[1\] .*raw-1\.tif.* only the background in .*labels-1\.tif/m,
      );
      const model = `${folder}/out-stumps.cfg`;
      const [answered] = await digests([model]);
      await Deno.remove(model);
      const other = await runJob(folder, { work: `${work}-same`, set: [...set, same] });
      assert.doesNotMatch(other.said, /leaves out/);
      assert.deepEqual(await digests([model]), [answered], `${folds}, ${same}`);
      await Deno.remove(model);
    }
  }));

Deno.test("componentNormals() tells the direction that most samples of a synapse share, and how well they agree", () => {
  const samples = emptySamples(5);
  const directions = [[0, 0, 1], [0, 0, -1], [0, 1, 0], [1, 0, 0], [0.6, 0.8, 0]];
  for (const [i, e3] of directions.entries()) {
    samples.components[i] = i < 3 ? 1 : i === 3 ? 2 : 0;
    samples.seeds[i] = i;
    samples.frames.set([0, 0, 0, ...e3], i * 6);
  }
  const normals = componentNormals(samples, 1);
  assert.deepEqual([...normals.keys()], [1, 2]);
  assert.deepEqual(normals.get(1)?.normal.map(Math.abs), [0, 0, 1]);
  assert.equal(normals.get(1)?.agreement, 2 / 3);
  assert.deepEqual(normals.get(2), { normal: [1, 0, 0], agreement: 1 });
});
