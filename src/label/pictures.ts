/** Pictures of settings, which the thread that learns computes, within the memory of learning. */
import { UserError } from "../user_error.ts";
import type { PictureTask } from "./picture.ts";
import type { LiveAnswer, LiveRequest } from "./live.ts";
import type { SettingPicture } from "./state.ts";

/** Asks for pictures, and hands out what comes. */
export interface Pictures {
  /** @param raw Zarr array of the stack @throws {UserError} where it cannot be computed */
  ask(raw: string, task: PictureTask): Promise<SettingPicture>;
  take(answer: Extract<LiveAnswer, { kind: "picture" }>): void;
  /** The thread has ended: what was asked for does not come. */
  drop(message: string): void;
}

/** Begins without questions. @param send gives one to the thread */
export function createPictures(send: (request: LiveRequest) => void): Pictures {
  const waiting = new Map<number, PromiseWithResolvers<SettingPicture>>();
  let last = 0;
  return {
    ask(raw, task) {
      const id = ++last;
      const answer = Promise.withResolvers<SettingPicture>();
      waiting.set(id, answer);
      send({ kind: "picture", id, raw, task });
      return answer.promise;
    },
    take({ id, picture, error }) {
      const asked = waiting.get(id);
      waiting.delete(id);
      if (picture) asked?.resolve(picture);
      else asked?.reject(new UserError(error));
    },
    drop(message) {
      for (const { reject } of waiting.values()) reject(new UserError(message));
      waiting.clear();
    },
  };
}
