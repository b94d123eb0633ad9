/** Proofread: the synapses of a table, one after the other. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ArrayInfo, RunResults, RunSummary } from "../../api.ts";
import { bodyOf, client, messageOf } from "../client.ts";
import type { SynapseRows } from "../../../analysis/synapse_columns.ts";
import { volumeOfTable } from "../synapse_file.ts";
import { openTable } from "../table_file.ts";
import { queryOf } from "../view_state.ts";
import { openVolume, type Volume } from "../volume.ts";
import { Reviewing } from "./reviewing.tsx";
import { openReview, type ReviewStore } from "./review_store.ts";

/** All that a review needs. */
interface Opened {
  readonly store: ReviewStore;
  readonly rows: SynapseRows;
  readonly raw: Volume | undefined;
  readonly scores: Volume | undefined;
}

export function ReviewPage({ run }: { readonly run: RunSummary | undefined }) {
  const [volumes, setVolumes] = useState<readonly number[] | undefined>(undefined);
  const [chosen, setChosen] = useState(() => Number(queryOf(location.hash).get("volume") ?? NaN));
  const [error, setError] = useState("");
  const state = run?.state ?? "";
  useEffect(() => {
    void (async () => {
      try {
        const { files } = await bodyOf(await client.api.results.$get()) as RunResults;
        const found = new Set(files.flatMap(({ name }) => volumeOfTable(name) ?? []));
        setVolumes([...found].sort((a, b) => a - b));
        setError("");
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
  }, [state]);
  const volume = volumes?.includes(chosen) ? chosen : volumes?.[0];
  return (
    <>
      <h1 class="sr-only">Proofread the synapses</h1>
      {error !== "" && <p class="notice" role="alert">{error}</p>}
      {volumes?.length === 0 && (
        <p class="quiet pad">There is no table of synapses yet. A run writes it at its end.</p>
      )}
      {volumes && volumes.length > 1 && (
        <label class="field">
          <span>Test volume</span>
          <select
            value={String(volume)}
            onChange={(event) => setChosen(Number(event.currentTarget.value))}
          >
            {volumes.map((one) => <option key={one} value={String(one)}>{one}</option>)}
          </select>
        </label>
      )}
      {volume !== undefined && <ReviewOfVolume key={`${volume} ${state}`} volume={volume} />}
    </>
  );
}

function ReviewOfVolume({ volume }: { readonly volume: number }) {
  const [, setVersion] = useState(0);
  const redraw = () => setVersion((n) => n + 1);
  const [opened, setOpened] = useState<Opened | undefined>(undefined);
  const [error, setError] = useState("");
  useEffect(() => {
    let isLeft = false;
    void (async () => {
      try {
        const found = await open(volume, () => isLeft || redraw());
        if (!isLeft) setOpened(found);
      } catch (cause) {
        setError(messageOf(cause));
      }
    })();
    return () => void (isLeft = true);
  }, [volume]);
  useEffect(() => {
    const ends = [opened?.raw, opened?.scores].map((one) => one?.onChange(redraw));
    return () => ends.forEach((end) => end?.());
  }, [opened]);
  const first = useMemo(() => Number(queryOf(location.hash).get("id") ?? 0), []);
  if (error !== "") return <p class="notice" role="alert">{error}</p>;
  if (!opened) return <p class="quiet pad">Loading …</p>;
  if (opened.rows.count === 0) return <p class="quiet pad">The table has no synapse.</p>;
  return <Reviewing {...opened} first={first} />;
}

async function open(volume: number, onChange: () => void): Promise<Opened> {
  const store = await openReview(volume, onChange);
  const { table, rawPath, scoresPath } = store.state();
  if (table === "") throw new Error("there is no table of synapses yet; a run writes it at its end");
  const { rows } = await openTable(table);
  const arrays = await bodyOf(await client.api.arrays.$get()) as ArrayInfo[];
  const at = (path: string) => {
    const info = arrays.find((array) => path !== "" && array.path === path);
    return info && openVolume(info);
  };
  return { store, rows, raw: at(rawPath), scores: at(scoresPath) };
}
