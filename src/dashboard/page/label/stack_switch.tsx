/** The stacks of a project, from which one is chosen. */
import { useEffect, useRef } from "preact/hooks";
import type { LabelState } from "../../api.ts";
import { stackHref } from "./stack_links.ts";

/** Nothing where there is one stack. */
export function StackSwitch({ state: { id, stacks } }: { readonly state: LabelState }) {
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    list.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [id]);
  if (stacks.length < 2) return null;
  return (
    <nav class="label-stacks" aria-label="Stacks of the project" ref={list}>
      {stacks.map(({ id: other, name, synapses }) => (
        <a key={other} href={stackHref(other)} aria-current={other === id ? "page" : undefined}>
          <span class="stack-name" title={name}>{name}</span>{" "}
          <span class="quiet">{synapses === 1 ? "1 synapse" : `${synapses} synapses`}</span>
        </a>
      ))}
      <kbd title="The next stack">V</kbd>
    </nav>
  );
}
