/** How objects of S3 are reached, from the places where AWS's own tools look: the environment and profile files. */
import { join } from "node:path";
import { readSmallText } from "../../config/small_file.ts";
import { UserError } from "../../user_error.ts";
import { fileState } from "../file.ts";

/** The text of a variable of the environment; undefined where it is not set. */
export type Environment = (name: string) => string | undefined;

/** Keys that requests are signed with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where the objects are, and the keys; without keys requests are not signed. */
export interface S3Profile {
  /** Without a slash at its end; undefined for Amazon's. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly credentials: Credentials | undefined;
}

const LONGEST = 1 << 20;

/** Ways to credentials that only Amazon's own tools go. */
const OTHER_WAYS = [
  "credential_process",
  "sso_session",
  "sso_start_url",
  "role_arn",
  "web_identity_token_file",
];

/** Variables that may not be read, for lack of permission, are as if they were not set. */
export function environment(name: string): string | undefined {
  if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") return undefined;
  const text = Deno.env.get(name);
  return text === "" ? undefined : text;
}

/** @throws UserError where a profile is missing, or has credentials of another kind */
export function s3Profile(env: Environment = environment): S3Profile {
  const name = env("AWS_PROFILE") ?? "default";
  const home = env("HOME") ?? env("USERPROFILE");
  const beside = (file: string) => home === undefined ? undefined : join(home, ".aws", file);
  const config = sectionOf(env("AWS_CONFIG_FILE") ?? beside("config"), [`profile ${name}`, name]);
  const keys = sectionOf(env("AWS_SHARED_CREDENTIALS_FILE") ?? beside("credentials"), [name]);
  if (env("AWS_PROFILE") !== undefined && config === undefined && keys === undefined) {
    throw new UserError(`AWS_PROFILE is ${name}: no such profile in ~/.aws/config or ~/.aws/credentials`);
  }
  const found = { ...config, ...keys };
  return {
    endpoint: endpointOf(env("AWS_ENDPOINT_URL_S3") ?? env("AWS_ENDPOINT_URL") ?? found["endpoint_url"]),
    region: env("AWS_REGION") ?? env("AWS_DEFAULT_REGION") ?? found["region"] ?? "us-east-1",
    credentials: isTrue(env("AWS_NO_SIGN_REQUEST")) ? undefined : credentialsOf(env, name, found),
  };
}

function endpointOf(text: string | undefined): string | undefined {
  if (text === undefined || /^https?:\/\/[^/?#@]+\/*$/i.test(text)) return text?.replace(/\/+$/, "");
  throw new UserError(
    "AWS_ENDPOINT_URL is no address of a server; expected such as http://minio.example.org:9000",
  );
}

function isTrue(text: string | undefined): boolean {
  return /^(1|true|yes|on)$/i.test(text ?? "");
}

/** The environment comes first, unless a profile is named. */
function credentialsOf(
  env: Environment,
  name: string,
  profile: Readonly<Record<string, string>>,
): Credentials | undefined {
  const fromEnvironment = credentials(
    env("AWS_ACCESS_KEY_ID"),
    env("AWS_SECRET_ACCESS_KEY"),
    env("AWS_SESSION_TOKEN"),
  );
  const fromProfile = credentials(
    profile["aws_access_key_id"],
    profile["aws_secret_access_key"],
    profile["aws_session_token"],
  );
  const isNamed = env("AWS_PROFILE") !== undefined;
  const found = isNamed ? fromProfile ?? fromEnvironment : fromEnvironment ?? fromProfile;
  const other = found === undefined ? OTHER_WAYS.find((way) => profile[way] !== undefined) : undefined;
  if (other === undefined) return found;
  throw new UserError(
    `the profile ${name} has its credentials by ${other}, which is not supported: put them into the environment with ` +
      `eval "$(aws configure export-credentials --profile ${name} --format env)", or set AWS_NO_SIGN_REQUEST=YES for a public bucket`,
  );
}

function credentials(id: string | undefined, secret: string | undefined, token: string | undefined) {
  if (id === undefined || secret === undefined) return undefined;
  return {
    accessKeyId: id,
    secretAccessKey: secret,
    ...(token === undefined ? {} : { sessionToken: token }),
  };
}

/** The first section of these names in a file of `[section]` and `key = value`; undefined where there is none. */
function sectionOf(
  path: string | undefined,
  names: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (path === undefined || fileState(path) === undefined) return undefined;
  let found: Record<string, string> | undefined;
  let isIn = false;
  for (const line of readSmallText(path, LONGEST, "a profile file of AWS").split(/\r?\n/)) {
    const [, section] = /^\s*\[\s*(.*?)\s*\]/.exec(line) ?? [];
    if (section !== undefined) {
      isIn = names.includes(section);
      if (isIn) found ??= {};
      continue;
    }
    // Lines that are indented belong to a key of several values, which none of those here has.
    const [, key, value] = /^(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isIn && found !== undefined && key !== undefined && value !== undefined) {
      found[key.toLowerCase()] = value;
    }
  }
  return found;
}
