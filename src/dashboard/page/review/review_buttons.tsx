/** What can be done with a synapse, with its keys. */

export interface Deed {
  readonly key: string;
  readonly text: string;
  readonly act: () => void;
  /** Whether it is so now; undefined where it cannot be. */
  readonly isOn?: boolean | undefined;
  /** Whether it cannot be done now. */
  readonly isOff?: boolean;
}

interface ButtonsProps {
  readonly deeds: readonly Deed[];
  /** Ends what was begun; undefined where nothing was. */
  readonly finish: (() => void) | undefined;
}

export function ReviewButtons({ deeds, finish }: ButtonsProps) {
  return (
    <div class="row answers">
      {deeds.map(({ key, text, act, isOn, isOff = false }) => (
        <button key={key} type="button" aria-pressed={isOn} disabled={isOff} onClick={act}>
          {text} <kbd>{key.toUpperCase()}</kbd>
        </button>
      ))}
      {finish && (
        <button type="button" class="primary" onClick={finish}>
          Done <kbd>Enter</kbd>
        </button>
      )}
    </div>
  );
}
