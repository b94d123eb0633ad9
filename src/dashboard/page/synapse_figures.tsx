/** How sizes, scores, directions and places of the synapses that are shown are distributed. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import type { ArrayInfo } from "../api.ts";
import { DirectionDiscs } from "./direction_discs.tsx";
import { HistogramChart } from "./histogram_chart.tsx";
import { PlaceMap } from "./place_map.tsx";
import { RegionFields } from "./region_fields.tsx";
import { withAngles } from "./synapse_file.ts";
import type { Filter } from "./synapse_filter.tsx";

interface FiguresProps {
  readonly rows: SynapseRows;
  /** Indices of the rows to count. */
  readonly kept: Uint32Array;
  readonly isDirected: boolean;
  readonly scores: ArrayInfo | undefined;
  readonly filter: Filter;
  readonly pointed: number;
  readonly linkTo: (row: number) => string;
}

/** Milliseconds after which the figures follow the table: of a million synapses they take longer than it. */
const LATER = 60;
const NONE = new Uint32Array(0);

export function SynapseFigures({ rows, kept, isDirected, scores, filter, pointed, linkTo }: FiguresProps) {
  const [late, setLate] = useState<Uint32Array>(NONE);
  useEffect(() => {
    const timer = setTimeout(() => setLate(kept), LATER);
    return () => clearTimeout(timer);
  }, [kept]);
  const isFirst = late === NONE;
  const directed = useMemo(() => isDirected && !isFirst ? withAngles(rows) : rows, [
    rows,
    isDirected,
    isFirst,
  ]);
  return (
    <div class="synapse-figures">
      <div>
        <h3>How large, how sure</h3>
        <HistogramChart rows={rows} order={late} column="voxels" title="Size, voxels" isLogarithmic />
        <HistogramChart rows={rows} order={late} column="mean_score" title="Mean score" />
      </div>
      {isDirected && (
        <div>
          <h3>Which way</h3>
          <DirectionDiscs rows={rows} order={late} pointed={pointed} />
          <p class="quiet">
            From the cleft towards the vesicles, x to the right, y down; in the middle along z. Equal areas
            are equally likely where directions are random.
          </p>
          <HistogramChart rows={directed} order={late} column="angle" title="Angle in the slice, degrees" />
        </div>
      )}
      {scores && (
        <div class="where">
          <h3>Where</h3>
          <PlaceMap
            rows={rows}
            order={late}
            pointed={pointed}
            linkTo={linkTo}
            shape={scores.shape}
            anisotropy={scores.anisotropy}
            within={filter.within}
            onRegion={filter.setRegion}
          />
          <p class="quiet">
            The lighter, the more. A click opens the nearest in the viewer; drag to keep a region only, or
            type its first and last voxels.
          </p>
          <RegionFields region={filter.region} onRegion={filter.setRegion} shape={scores.shape} />
        </div>
      )}
    </div>
  );
}
