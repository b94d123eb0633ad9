/** Made-up data of the size and balance of a training. */

/** Fills with the same pseudo-random bits every time (xorshift32: Marsaglia 2003). */
export function randomFill(words: Uint32Array): void {
  let state = 0x9e3779b9;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
}

/** One positive in eleven samples, as `NegSampleProportion = 10` gives. */
export function trainingLabels(samples: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: samples }, (_, i) => i % 11 === 0 ? 1 : 0);
}
