/** Scores of a test volume compared with ground truth: the figures, the report, and the worst mistakes, each a link into the viewer. */
import { useEffect, useState } from "preact/hooks";
import type { ArrayInfo, RunSummary } from "../api.ts";
import type { KeptEvaluation, KeptMistake } from "../kept_evaluation.ts";
import { addressOf, bodyOf, client, messageOf } from "./client.ts";
import { arraysOf, linkToVoxel } from "./synapse_file.ts";

/** Comparisons that were kept, or how to make one of a run that is done. */
export function EvaluationCards(
  { evaluations, run }: {
    readonly evaluations: readonly KeptEvaluation[];
    readonly run: RunSummary | undefined;
  },
) {
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  const [error, setError] = useState("");
  const hasAny = evaluations.length > 0;
  useEffect(() => {
    if (!hasAny) return;
    void (async () => {
      try {
        setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]);
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
  }, [hasAny]);
  if (!hasAny) return <HowToCompare run={run} />;
  return (
    <>
      {error !== "" && <p class="notice">{error}</p>}
      {evaluations.map((one) => (
        <EvaluationCard
          key={one.volume}
          evaluation={one}
          title={evaluations.length > 1 ? `: volume ${one.volume}` : ""}
          linkTo={({ position }) => linkToVoxel(arraysOf(arrays, one.volume), position)}
        />
      ))}
    </>
  );
}

function HowToCompare({ run }: { readonly run: RunSummary | undefined }) {
  if (run?.state !== "done" || run.evaluateCommand === "") return null;
  return (
    <section class="card">
      <h2>Comparison with ground truth</h2>
      <p class="quiet">
        With labels of this stack that the model has not seen, this command shows here how many synapses are
        right, and the worst errors:
      </p>
      <pre class="command">{run.evaluateCommand}</pre>
    </section>
  );
}

interface CardProps {
  readonly evaluation: KeptEvaluation;
  readonly title: string;
  readonly linkTo: (mistake: KeptMistake) => string;
}

function EvaluationCard({ evaluation, title, linkTo }: CardProps) {
  const { figures, missed, invented, labels, caution, url } = evaluation;
  const { detected = 0, threshold } = figures;
  const share = (value: number | undefined) => value === undefined ? "–" : value.toFixed(3);
  return (
    <section class="card" data-testid="evaluation">
      <h2>Comparison with ground truth{title}</h2>
      {caution !== "" && <p class="notice">{caution}</p>}
      <dl class="facts">
        {threshold !== undefined && (
          <>
            <Fact name="F1 per synapse" value={share(figures.f1)} />
            <Fact name="Precision" value={share(figures.precision)} />
            <Fact name="Recall" value={share(figures.recall)} />
            <Fact name="Detected" value={`${detected} of ${detected + (figures.missed ?? 0)}`} />
            <Fact name="False positives" value={`${figures.invented ?? 0}`} />
          </>
        )}
        <Fact name="Average precision, per voxel" value={share(figures.averagePrecision)} />
      </dl>
      <p class="quiet">
        {threshold === undefined ? "Compared" : `Compared at threshold ${Number(threshold.toPrecision(4))}`}
        {" "}
        with <code>{labels}</code>.{" "}
        <a href={addressOf(url)} target="_blank" rel="noopener">Open the report</a>{" "}
        (curves, settings; can be printed).
      </p>
      <Mistakes name="Missed synapses, the largest first" mistakes={missed} linkTo={linkTo} />
      <Mistakes name="False positives, the highest scores first" mistakes={invented} linkTo={linkTo} />
      {missed.length + invented.length > 0 && (
        <p class="quiet">
          Outlines: <span class="outline-truth">ground truth</span>,{" "}
          <span class="outline-found">predicted</span>. A picture opens the viewer at its place.
        </p>
      )}
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Mistakes(
  { name, mistakes, linkTo }: {
    readonly name: string;
    readonly mistakes: readonly KeptMistake[];
    readonly linkTo: CardProps["linkTo"];
  },
) {
  if (mistakes.length === 0) return null;
  return (
    <>
      <h3>{name}</h3>
      <ul class="mistakes">
        {mistakes.map((mistake) => (
          <li key={mistake.position.join()}>
            <a href={linkTo(mistake)}>
              <Picture mistake={mistake} />
              <span>
                {[...mistake.position].reverse().join(", ")} · {mistake.voxels} voxels
                {mistake.hasTakenCounterpart && " · part of a detected one"}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </>
  );
}

function Picture({ mistake: { picture, position } }: { readonly mistake: KeptMistake }) {
  const { width, height, image, truth, found } = picture;
  if (!image.startsWith("data:image/png;base64,")) return null;
  const [z, y, x] = position;
  return (
    <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={`Slice ${z} around x ${x}, y ${y}`}>
      <image href={image} width={width} height={height} />
      <path class="truth" d={truth} />
      <path class="found" d={found} />
    </svg>
  );
}
