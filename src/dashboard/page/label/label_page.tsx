/** The part of the page where synapses are labelled. */
import { Labelling } from "./labelling.tsx";
import { useProject } from "./use_project.ts";

export function LabelPage() {
  const { project, error } = useProject();
  if (project) return <Labelling project={project} />;
  return <p class="quiet pad">{error === "" ? "Opening the project …" : `${error}; trying again …`}</p>;
}
