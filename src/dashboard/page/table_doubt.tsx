/** Says where a table of synapses can hardly be right, and what to do on this page. */
import { useEffect, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import { type Doubt, doubtsAbout, type Remedy } from "../../stages/synapses/doubts.ts";
import type { Zyx } from "../../volume/region.ts";

const CARD = "under “Another threshold” above";
const REMEDIES: Readonly<Record<Remedy, string>> = {
  "find more":
    `Choose a lower threshold or least size ${CARD}, and make this table. If only wrong places are found ` +
    "then, the model does not fit this stack.",
  divide:
    `Click on the largest to see what was found. Then choose a higher threshold ${CARD}, and make this table.`,
  join: "Click on some to see what was found. Then choose a lower threshold, or a larger least size, " +
    `${CARD}, and make this table.`,
};

interface DoubtProps {
  readonly rows: SynapseRows;
  /** Median voxels of the labelled synapses; undefined until it is told, null where it is not known. */
  readonly labelled: number | null | undefined;
  /** Of the stack; undefined until it is told. */
  readonly shape: Zyx | undefined;
}

/** Milliseconds after which it is looked at: of a million synapses that takes longer than to show the table. */
const LATER = 60;

export function TableDoubt({ rows, labelled, shape }: DoubtProps) {
  const [doubt, setDoubt] = useState<Doubt | undefined>(undefined);
  const sizes = rows.columns.get("voxels");
  useEffect(() => {
    const isTold = rows.count === 0 || typeof labelled === "number" ||
      labelled === null && shape !== undefined;
    if (sizes === undefined || !isTold) return undefined;
    const look = () => setDoubt(doubtsAbout({ sizes, shape: shape ?? [0, 0, 0] }, labelled ?? undefined));
    const timer = setTimeout(look, LATER);
    return () => clearTimeout(timer);
  }, [sizes, labelled, shape]);
  if (doubt === undefined) return null;
  return (
    <div class="doubt" role="note">
      <p>
        <strong>This table may be wrong: {doubt.problem}.</strong>
      </p>
      <p>{REMEDIES[doubt.remedy]}</p>
    </div>
  );
}
