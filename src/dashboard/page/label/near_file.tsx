/** A file near a stack that is read: which one, and how far it is. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { NearStack } from "../../../label/near_stack.ts";
import { messageOf } from "../client.ts";

const PROGRESS_PAUSE = 500;

/** What is read, the last file alone. */
export type NearReading = ReturnType<typeof useNear>;

/** @param ask what there is near the stack */
export function useNear(ask: () => Promise<NearStack>) {
  const [near, setNear] = useState<NearStack | undefined>(undefined);
  const [error, setError] = useState("");
  const [done, setDone] = useState<number | undefined>(undefined);
  const asking = useRef<AbortController | undefined>(undefined);
  const isReading = done !== undefined;
  useEffect(() => {
    ask().then(setNear, (cause: unknown) => setError(messageOf(cause)));
    return () => asking.current?.abort();
  }, []);
  useEffect(() => {
    if (!isReading) return undefined;
    const timer = setInterval(async () => {
      const told = await ask().catch(() => undefined); // the question itself says what is wrong
      setDone((old) => old === undefined ? old : told?.done ?? old);
    }, PROGRESS_PAUSE);
    return () => clearInterval(timer);
  }, [isReading]);
  return {
    near,
    /** What was wrong with the last file. */
    error,
    /** From 0 to 1; undefined while nothing is read. */
    done,
    isReading,
    /** @param work asks the server to read a file @param take is not called where another one was named meanwhile */
    async read<T>(work: (signal: AbortSignal) => Promise<T>, take: (answer: T) => void): Promise<void> {
      asking.current?.abort();
      const { signal } = asking.current = new AbortController();
      setDone(0);
      setError("");
      try {
        const answer = await work(signal);
        if (!signal.aborted) take(answer);
      } catch (cause) {
        if (!signal.aborted) setError(messageOf(cause));
      }
      if (!signal.aborted) setDone(undefined);
    },
  };
}

interface NearFileProps {
  readonly reading: NearReading;
  readonly title: string;
  /** What a file may be called. */
  readonly example: string;
  readonly action: string;
  /** Whether nothing is typed while a file is read. */
  readonly waits?: boolean;
  readonly give: (path: string) => void;
}

export function NearFile(
  { reading: { near, isReading }, title, example, action, waits, give }: NearFileProps,
) {
  const [path, setPath] = useState("");
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (path.trim() !== "") give(path.trim());
      }}
    >
      <label class="grow near-file">
        <span>
          {title}, in <code>{near?.folder ?? "…"}</code>
        </span>
        <input
          type="text"
          list="near-file-names"
          placeholder={example}
          value={path}
          disabled={waits === true && isReading}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </label>
      <datalist id="near-file-names">
        {near?.names.map((name) => <option key={name} value={name} />)}
      </datalist>
      <button type="submit" disabled={path.trim() === "" || isReading}>{action}</button>
    </form>
  );
}
