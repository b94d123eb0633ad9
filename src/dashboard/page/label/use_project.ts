/** The project and its volumes, as long as the page shows them. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ArrayInfo } from "../../api.ts";
import { bodyOf, client, messageOf } from "../client.ts";
import { openVolume, type Volume } from "../volume.ts";
import { openProject, type Project } from "./project.ts";

const RETRY = 2000;

/** How long a project is without synapses before it gets one: what was told before the last one was added may come after it. */
const PAUSE = 300;

/** Keeps projects until all that was done in them is saved, also when another stack is shown meanwhile. */
export interface UnsavedProjects {
  add(project: Project): void;
  /** Is not shown any more. */
  leave(project: Project): void;
}

/** Asks before the page is left with changes that are not saved. @param isUnsaved whether there are any */
export function useUnsavedWarning(isUnsaved: () => boolean): void {
  const latest = useRef(isUnsaved);
  latest.current = isUnsaved;
  useEffect(() => {
    const listen = (event: BeforeUnloadEvent) => {
      if (latest.current()) event.preventDefault();
    };
    addEventListener("beforeunload", listen);
    return () => removeEventListener("beforeunload", listen);
  }, []);
}

/** The projects of a page, which asks before it is left with changes that are not saved. */
export function useUnsaved(): UnsavedProjects {
  const projects = useMemo(() => new Set<Project>(), []);
  useUnsavedWarning(() => [...projects].some((project) => project.saving().waiting > 0));
  return useMemo(() => ({
    add: (project) => void projects.add(project),
    leave(project) {
      const end = project.onChange(() => forgetSaved());
      const forgetSaved = () => {
        if (project.saving().waiting > 0) return;
        projects.delete(project);
        end();
      };
      forgetSaved();
    },
  }), []);
}

/** Opens a stack of the project, again and again until the server answers. @param stack its id */
export function useProject(
  stack: string,
  unsaved: UnsavedProjects,
): { readonly project: Project | undefined; readonly error: string } {
  const [project, setProject] = useState<Project | undefined>(undefined);
  const [error, setError] = useState("");
  useEffect(() => {
    let isOver = false;
    let opened: Project | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = async () => {
      try {
        opened = await openProject(stack);
        if (isOver) return opened.close();
        unsaved.add(opened);
        setProject(opened);
      } catch (cause) {
        setError(messageOf(cause));
        if (!isOver) timer = setTimeout(() => void open(), RETRY);
      }
    };
    void open();
    return () => {
      isOver = true;
      clearTimeout(timer);
      if (opened) unsaved.leave(opened);
      opened?.close();
    };
  }, [stack]);
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
    setInfo(undefined);
    return path === "" ? undefined : onceListed(path, setInfo);
  }, [path]);
  return useMemo(() => info && openVolume(info), [info]);
}

/** Whether the window is wide enough to paint. */
export function useCanPaint(): boolean {
  const query = useMemo(() => matchMedia("(min-width: 701px)"), []);
  const [isWide, setWide] = useState(query.matches);
  useEffect(() => {
    const listen = () => setWide(query.matches);
    query.addEventListener("change", listen);
    return () => query.removeEventListener("change", listen);
  }, [query]);
  return isWide;
}

/** The synapse that is painted: at first the last one. A project without any gets one where it can be painted. */
export function useChosen(project: Project, canPaint: boolean) {
  const [wanted, setWanted] = useState(0);
  const isAsked = useRef(false);
  const { objects } = project.state();
  const chosen = objects.some(({ id }) => id === wanted) ? wanted : objects.at(-1)?.id ?? 0;
  /** Goes on with the next one, which the server numbers. */
  const next = () => {
    if (isAsked.current) return;
    isAsked.current = true;
    void (async () => {
      const object = await project.newObject();
      isAsked.current = false;
      if (object) setWanted(object.id);
    })();
  };
  const isEmpty = objects.length === 0;
  useEffect(() => {
    if (!isEmpty || !canPaint) return undefined;
    const timer = setTimeout(next, PAUSE);
    return () => clearTimeout(timer);
  }, [isEmpty, canPaint]);
  return { chosen, choose: setWanted, next };
}

const LIST_PAUSE = 1000;

/** Asks for an array by its path until the server lists it. Returns a function that ends it. */
export function onceListed(path: string, take: (info: ArrayInfo) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  const find = async () => {
    try {
      const arrays = await bodyOf(await client.api.arrays.$get()) as ArrayInfo[];
      return arrays.find((array) => array.path === path);
    } catch {
      return undefined; // the page says where the server is away
    }
  };
  const look = async () => {
    const found = await find();
    if (isOver) return;
    if (found) take(found);
    else timer = setTimeout(() => void look(), LIST_PAUSE);
  };
  void look();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}
