/** Questions to the server that follow what is set on the page. */
import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../client.ts";

/**
 * Asks once what the question depends on has stayed for a while. An answer that comes when that is another already is not taken.
 * @param ask undefined: nothing is asked
 * @param pause milliseconds
 * @param inputs what the question depends on
 * @returns why there was no answer to the last question; empty where there was, or none yet
 */
export function useAsked<T>(
  ask: (() => Promise<T>) | undefined,
  take: (answer: T) => void,
  pause: number,
  inputs: readonly unknown[],
): string {
  const [error, setError] = useState("");
  useEffect(() => {
    if (ask === undefined) return undefined;
    let isOver = false;
    const timer = setTimeout(async () => {
      try {
        const answer = await ask();
        if (isOver) return;
        take(answer);
        setError("");
      } catch (cause) {
        if (!isOver) setError(messageOf(cause));
      }
    }, pause);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, inputs);
  return error;
}
