/** Fields of forms: choices, sliders, numbers. */
import type { ComponentChildren } from "preact";

interface ControlOf<T> {
  readonly label: string;
  readonly value: T;
  readonly set: (value: T) => void;
}

interface ChoiceProps extends ControlOf<string> {
  readonly children: ComponentChildren;
}

export function Choice({ label, value, set, children }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => set(event.currentTarget.value)}>{children}</select>
    </label>
  );
}

interface RangeProps extends ControlOf<number> {
  readonly min?: number;
  readonly max: number;
  readonly step?: number;
  /** Whether the label tells the value in its own way. */
  readonly hidesValue?: boolean;
}

export function Range({ label, value, min = 0, max, step = 1, hidesValue = false, set }: RangeProps) {
  return (
    <label>
      <span>
        {label} {!hidesValue && <span class="quiet">{numberText(value)}</span>}
      </span>
      <input
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        onInput={(event) => set(Number(event.currentTarget.value))}
      />
    </label>
  );
}

/** A number, shown as people write it; what is not edited keeps all its digits. */
export function Numeric({ label, value, set }: ControlOf<number>) {
  return (
    <label class="inline">
      <span>{label}</span>
      <input
        type="number"
        step="any"
        value={numberText(value)}
        onChange={(event) => {
          const given = event.currentTarget.valueAsNumber;
          if (Number.isFinite(given)) set(given);
        }}
      />
    </label>
  );
}

/** Three digits, unless told otherwise, or a whole number: `56.8`, `0.0312`, `1234`. */
export function numberText(value: number, digits = 3): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
}
