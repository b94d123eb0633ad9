/** The project and its volumes, as long as the page shows them. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { ArrayInfo } from "../../api.ts";
import { bodyOf, client, messageOf } from "../client.ts";
import { openVolume, type Volume } from "../volume.ts";
import { openProject, type Project } from "./project.ts";

const RETRY = 2000;

/** Opens the project, again and again until the server answers. */
export function useProject(): { readonly project: Project | undefined; readonly error: string } {
  const [project, setProject] = useState<Project | undefined>(undefined);
  const [error, setError] = useState("");
  useEffect(() => {
    let isOver = false;
    let opened: Project | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      try {
        opened = await openProject();
        if (isOver) opened.close();
        else setProject(opened);
      } catch (cause) {
        setError(messageOf(cause));
        if (!isOver) timer = setTimeout(() => void open(), RETRY);
      }
    };
    void open();
    return () => {
      isOver = true;
      clearTimeout(timer);
      opened?.close();
    };
  }, []);
  return { project, error };
}

/** Renders anew whenever the project tells of something. */
export function useChanges(project: Project): void {
  const [, setVersion] = useState(0);
  useEffect(() => project.onChange(() => setVersion((n) => n + 1)), [project]);
}

/** A volume of the project by its path, once the server lists it. */
export function useVolume(path: string): Volume | undefined {
  const [info, setInfo] = useState<ArrayInfo | undefined>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const look = async () => {
      const arrays = await bodyOf(await client.api.arrays.$get()).catch(() => []) as ArrayInfo[];
      const found = arrays.find((array) => array.path === path);
      if (found) setInfo(found);
      else timer = setTimeout(() => void look(), RETRY); // the page says where the server is away
    };
    setInfo(undefined);
    if (path !== "") void look();
    return () => clearTimeout(timer);
  }, [path]);
  return useMemo(() => info && openVolume(info), [info]);
}
