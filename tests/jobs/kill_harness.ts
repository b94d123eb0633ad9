/**
 * Kills runs at random moments, `deno task kill-test [kills]` (default 200), removes a file that they had written after every second
 * kill, and tells whether every one that was started again
 * ended with the bits of a run that was never killed. Ends with 1 where one did not.
 */
import { writeTiny } from "../helpers/run_tiny.ts";
import { seededRandom } from "../helpers/seeded_random.ts";
import { runKilledAtRandom, runWhole } from "./killing.ts";
import { inTempFolder } from "../helpers/temp_folder.ts";

const wanted = Number(Deno.args[0] ?? 200);
const say = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
const random = seededRandom(1);
let killed = 0, lost = 0, runs = 0, wrong = 0;
const places = new Map<string, number>();
await inTempFolder(async (folder) => {
  await writeTiny(folder, [40, 90, 70]);
  const { outputs, duration } = await runWhole(folder);
  say(`a run that is not killed takes ${(duration / 1000).toFixed(1)} s`);
  while (killed < wanted) {
    const name = `killed${runs++}`;
    const most = Math.min(wanted - killed, 12);
    // shorter than a whole run, so that most runs are killed several times
    const run = await runKilledAtRandom(folder, name, { most, duration: duration * 0.3, random, loses: 0.5 });
    lost += run.lost.length;
    killed += run.kills.length;
    for (const place of run.kills) places.set(place, (places.get(place) ?? 0) + 1);
    const isSame = run.outputs.every((output, i) => output === outputs[i]);
    const isClean = run.faults === 0 && run.left.length === 0;
    if (!isSame || !isClean) wrong++;
    const left = `${run.left.length} files left ${run.left.join(" ")}`.trim();
    const verdict = `${isSame ? "same bits" : "OTHER BITS"}, ${run.faults} faults, ${left}`;
    say(`run ${runs}: killed ${run.kills.length} times (${killed} in all): ${verdict}`);
    for await (const entry of Deno.readDir(folder)) {
      if (entry.name.startsWith(name)) await Deno.remove(`${folder}/${entry.name}`, { recursive: true });
    }
  }
});
say("last line of the journal at the kill:");
for (const [place, count] of [...places].sort(([, a], [, b]) => b - a)) {
  say(`${String(count).padStart(5)}  ${place}`);
}
say(`${killed} kills, ${lost} files lost, ${runs} runs, ${wrong} of them wrong`);
if (wrong > 0) Deno.exit(1);
