/** Where to look next: one question after the other. */
import type { Labelling } from "./use_labelling.ts";
import { Thumbnail } from "./thumbnail.tsx";

export function CandidatesStrip({ labelling }: { readonly labelling: Labelling }) {
  const { looking, scores, raw, contrasts, threshold } = labelling;
  const { current, open, found, error, judge } = looking;
  return (
    <div class="candidates">
      <div class="candidate-question">
        {error !== "" && <p role="status">{error}</p>}
        {error === "" && !found && <p class="quiet">Looking for candidates …</p>}
        {error === "" && found && !current && <p>Nothing is left to ask here. Look at another place.</p>}
        {current && (
          <>
            <p>
              <b>Is this a synapse?</b>{" "}
              <span class="quiet">{current.isFound ? "found" : "nearly found"}</span>
            </p>
            <div class="row">
              <button type="button" onClick={() => judge("yes")}>
                Yes <kbd>Y</kbd>
              </button>
              <button type="button" onClick={() => judge("no")}>
                No <kbd>N</kbd>
              </button>
              <button type="button" onClick={() => judge("skip")}>
                Cannot tell <kbd>T</kbd>
              </button>
            </div>
          </>
        )}
      </div>
      <ul class="thumbnails" aria-label="Candidates">
        {open.map((candidate, i) => (
          <li key={candidate.id}>
            <button
              type="button"
              aria-label={`Candidate ${i + 1}`}
              aria-current={candidate.id === current?.id ? "true" : undefined}
              onClick={() => looking.choose(candidate)}
            >
              <Thumbnail
                candidate={candidate}
                raw={raw}
                scores={scores.now}
                contrasts={contrasts}
                threshold={threshold ?? 0}
              />
            </button>
          </li>
        ))}
      </ul>
      <div class="candidate-facts">
        {looking.check && looking.check.of > 0 && (
          <p title="Every fifth answer is not learned from, to check the model">
            right in {looking.check.right} of {looking.check.of} checks
          </p>
        )}
        {looking.note !== "" && <p class="quiet">{looking.note}</p>}
        <div class="row">
          <button type="button" class="small" onClick={looking.again}>Look again</button>
          <button type="button" class="small" onClick={looking.toggle}>
            Close <kbd>K</kbd>
          </button>
        </div>
      </div>
    </div>
  );
}
