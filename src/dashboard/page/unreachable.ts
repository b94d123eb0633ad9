/** What is thrown where the server is away. */

/** Nobody answered, or the server failed: what was asked may be asked again. */
export class Unreachable extends Error {
  override name = "Unreachable";
}
