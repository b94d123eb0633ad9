/** A table of synapses on the page: its columns as they come, and what was said of its synapses. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { SynapseRows } from "../../analysis/synapse_columns.ts";
import type { ArrayInfo, ReviewItem } from "../api.ts";
import { bodyOf, client, messageOf } from "./client.ts";
import { withReview } from "./review/review_column.ts";
import { reviewItems } from "./review/review_store.ts";
import { openTable, type TableFile } from "./table_file.ts";

/** @param isOwn whether it is the table of the run, which is the one that is proofread */
export function useTable(name: string, volume: number, isOwn: boolean) {
  const [file, setFile] = useState<TableFile | undefined>(undefined);
  const [items, setItems] = useState<readonly ReviewItem[]>([]);
  const [fetched, setFetched] = useState<SynapseRows["columns"]>(new Map());
  const [arrays, setArrays] = useState<readonly ArrayInfo[]>([]);
  /** Median voxels of the labelled synapses; undefined until the server has said it, null where it is not known. */
  const [labelled, setLabelled] = useState<number | null>();
  const [error, setError] = useState("");
  const asked = useRef(new Set<string>());
  const load = async (get: () => Promise<void>) => {
    try {
      await get();
    } catch (cause) {
      setError(messageOf(cause));
    }
  };
  useEffect(() => {
    void load(async () => {
      setFile(await openTable(name));
      if (!isOwn) return;
      const said = await reviewItems(volume); // the table does not wait for it
      if (said.length > 0) setItems(said);
    });
    void load(async () => setArrays(await bodyOf(await client.api.arrays.$get()) as ArrayInfo[]));
    void load(async () => setLabelled((await bodyOf(await client.api.tables.labelled.$get())).voxels));
  }, [name]);
  const rows = useMemo(() => file && rowsWith(file, fetched, isOwn ? items : undefined), [
    file,
    fetched,
    items,
  ]);
  /** Fetches those of some columns that are not here yet. */
  const need = (names: readonly string[]) => {
    for (const column of names) {
      if (!file?.others.includes(column) || asked.current.has(column)) continue;
      asked.current.add(column);
      void load(async () => {
        try {
          const numbers = await file.column(column);
          setFetched((before) => new Map([...before, [column, numbers]]));
        } catch (cause) {
          asked.current.delete(column);
          throw cause;
        }
      });
    }
  };
  return { rows, others: file?.others ?? [], arrays, labelled, error, need };
}

function rowsWith(
  { rows }: TableFile,
  fetched: SynapseRows["columns"],
  items: readonly ReviewItem[] | undefined,
): SynapseRows {
  const all = fetched.size === 0 ? rows : { ...rows, columns: new Map([...rows.columns, ...fetched]) };
  return items === undefined ? all : withReview(all, items);
}
