/** The part of the page where synapses are labelled. */
import { LabellingView } from "./labelling.tsx";
import { useProject } from "./use_project.ts";

export function LabelPage() {
  const { project, error } = useProject();
  if (project) return <LabellingView project={project} />;
  return <p class="quiet pad">{error === "" ? "Opening the project …" : `${error}; trying again …`}</p>;
}
