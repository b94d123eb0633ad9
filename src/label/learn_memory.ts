/** What was found and computed in trainings before, so that a stroke costs what it changes alone. */
import { createKnownFeatures, type KnownFeatures } from "./known_features.ts";
import { createKnownSamples, type KnownSamples } from "./known_samples.ts";

/** Of one stack with one way to learn from it. */
export interface LearnMemory {
  readonly samples: KnownSamples;
  readonly features: KnownFeatures;
  /** Those of samples that are seen both ways across the cleft. */
  readonly sides: KnownFeatures;
}

/** Begins without anything. @param folder receives files, as does one beside it; what is in them is removed */
export async function createLearnMemory(folder: string): Promise<LearnMemory> {
  return {
    samples: createKnownSamples(),
    features: await createKnownFeatures(folder),
    sides: await createKnownFeatures(`${folder}-sides`),
  };
}
