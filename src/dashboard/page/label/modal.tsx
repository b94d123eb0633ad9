/** A dialog over the labelling page. A submit button of a form with `method="dialog"` closes it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface ModalProps {
  /** Of its heading, and the class that its style has. */
  readonly id: string;
  readonly title: string;
  /** Called when it was closed. */
  readonly close: () => void;
  readonly children: ComponentChildren;
}

export function Modal({ id, title, close, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class={`card label-dialog ${id}`} aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
