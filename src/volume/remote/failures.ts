/** What servers answer instead of what they were asked for, and what to do. */
import { programName, shellQuoted } from "../../program_name.ts";
import { UserError } from "../../user_error.ts";
import type { Access } from "./access.ts";

/** Behind an address: what the server forbids is absent. It is never sent to the server. */
export const FORBIDDEN_IS_ABSENT = "#absent=403";

/** The server forbids what is at an address. */
export class ForbiddenError extends UserError {
  override name = "ForbiddenError";
}

/** An address as messages show it: what stands behind a question mark may be a signature. */
export function shownAddress(address: string): string {
  return address.replace(/^([^?#]*)\?[^#]*/, "$1?...");
}

const LONGEST_ERROR = 1 << 16;

/** The code in the XML that buckets answer with, such as `NoSuchBucket`; undefined where there is none. */
export async function errorCode(answer: Response): Promise<string | undefined> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part, { stream: true });
    if (text.length > LONGEST_ERROR) break;
  }
  return /<Code>\s*([A-Za-z.]{1,60})\s*<\/Code>/.exec(text)?.[1];
}

/** What to do about these codes of S3. */
const ADVICE: Readonly<Record<string, string>> = {
  NoSuchBucket: "there is no such bucket; check its name and the endpoint (AWS_ENDPOINT_URL)",
  InvalidBucketName: "a bucket cannot have this name; check it",
  InvalidAccessKeyId: "the server does not know this key; check AWS_ACCESS_KEY_ID or the profile",
  SignatureDoesNotMatch: "the secret key is not the right one; check AWS_SECRET_ACCESS_KEY or the profile",
  ExpiredToken: "the credentials have expired; get new ones and start again, it goes on where it stopped",
  InvalidToken: "the session token is not valid; check AWS_SESSION_TOKEN or the profile",
  RequestTimeTooSkewed: "the clock of this machine is wrong; set it",
  AuthorizationHeaderMalformed: "the bucket is in another region; set AWS_REGION",
  PermanentRedirect: "the bucket is elsewhere; set AWS_REGION, or AWS_ENDPOINT_URL",
};

/** @param code undefined where the answer has none */
export function refusal(
  address: string,
  access: Access,
  status: number,
  code: string | undefined,
): UserError {
  const shown = shownAddress(address);
  const usual = status === 403 ? "403 (forbidden)" : `${status}`;
  const answers = `${shown}: the server answers ${code === undefined ? usual : `${status} (${code})`}`;
  const advice = ADVICE[code ?? ""];
  if (advice !== undefined) return new UserError(`${answers}: ${advice}`);
  if (status !== 403) return new UserError(`${answers}; check the address`);
  if (access.isBucket && !access.isSigned) {
    return new ForbiddenError(
      `${answers}, and was asked without credentials; set them (docs/formats.md, object stores) and start it ` +
        `as ${startedWith(access)}, or, if the bucket is public and answers 403 for missing files, end the ` +
        `address in ${FORBIDDEN_IS_ABSENT} or use --absent-403`,
    );
  }
  return new ForbiddenError(
    `${answers}, so the file may exist but cannot be read; check your access rights. If the server answers ` +
      `403 for missing files, end the array's address in ${FORBIDDEN_IS_ABSENT} or use --absent-403`,
  );
}

/** The program with the permissions that it needs. */
function startedWith(access: Access): string {
  return `${programName()} ${flagsOf(access)} ...`;
}

/** As a shell takes them, to which a star is a pattern. */
function flagsOf({ permissions }: Access): string {
  return permissions.map(shellQuoted).join(" ");
}

export function notAllowed(address: string, access: Access, cause: unknown): UserError {
  return new UserError(
    `${shownAddress(address)}: no permission to use the network; start it as ${programName()}, which ` +
      "grants it for addresses on the command line (for one in a configuration: " +
      `${startedWith(access)}), or add ${flagsOf(access)} to deno run`,
    { cause },
  );
}
