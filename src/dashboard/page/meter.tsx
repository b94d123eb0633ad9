/** How far something is, as a bar. */

interface MeterProps {
  readonly label: string;
  /** From 0 to 1. */
  readonly fraction: number;
  /** Of a run, which gives the bar its colour. */
  readonly state: string;
}

export function Meter({ label, fraction, state }: MeterProps) {
  return (
    <div
      class="meter"
      role="progressbar"
      aria-label={label}
      aria-valuenow={Math.floor(fraction * 100)}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div class={`fill ${state}`} style={{ width: `${fraction * 100}%` }} />
    </div>
  );
}
