/** How what is at an address is asked for: over http and https as it stands there, in buckets of S3 and Google signed. */
import { AwsV4Signer } from "aws4fetch";
import { UserError } from "../../user_error.ts";
import { type Environment, environment, type S3Profile, s3Profile } from "./profile.ts";

/** What is sent to a server. */
export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
}

/** What is asked for. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Behind the question mark, of requests to a bucket. */
  readonly query?: Readonly<Record<string, string>>;
  /** SHA-256 of the body, hexadecimal. */
  readonly sum?: string;
}

/** The way to the objects of a server. */
export interface Access {
  /** Whether it is a bucket's, whose errors are XML with a code. */
  readonly isBucket: boolean;
  /** Whether requests tell who asks. */
  readonly isSigned: boolean;
  /** Permissions that the program needs for it, as Deno's flags. */
  readonly permissions: readonly string[];
  request(address: string, asked: Asked): Promise<Sent>;
  /** Takes note of an answer that tells where a bucket is; true where it should be asked for there. */
  isElsewhere(answer: Response): boolean;
}

const AMAZON = "*.amazonaws.com";
const GOOGLE_VARIABLES = "GOOGLE_OAUTH_ACCESS_TOKEN,STORAGE_EMULATOR_HOST";

/** Undefined where an address is in no bucket; the key as it is written there. */
export function placeInBucket(address: string) {
  const [, scheme, bucket = "", key = ""] = /^(s3|gs):\/\/([^/?#]*)\/*([^?#]*)/i.exec(address) ?? [];
  return scheme === undefined ? undefined : { scheme: scheme.toLowerCase(), bucket, key };
}

/** @throws UserError where an address names no bucket, or a profile cannot be used */
export function accessTo(address: string, env: Environment = environment): Access {
  const place = placeInBucket(address);
  if (place === undefined) return webAccess(address);
  const { scheme, bucket } = place;
  if (!/^[\w][\w.-]{1,221}$/.test(bucket)) {
    throw new UserError(`${address}: no bucket is named; expected ${scheme}://bucket/path`);
  }
  return scheme === "s3" ? s3Access(s3Profile(env)) : googleAccess(env);
}

function webAccess(base: string): Access {
  return {
    isBucket: false,
    isSigned: false,
    permissions: [`--allow-net=${new URL(base).host}`],
    request: (address, { method = "GET", headers = {} }) =>
      Promise.resolve({ url: address, method, headers: new Headers(headers) }),
    isElsewhere: () => false,
  };
}

/** Buckets are named in the path and not in the host: one permission for all, and what MinIO and Ceph take, too. */
function s3Access({ endpoint, region: given, credentials }: S3Profile): Access {
  let region = given;
  const host = () => endpoint ?? `https://s3.${region}.amazonaws.com`;
  return {
    isBucket: true,
    isSigned: credentials !== undefined,
    permissions: [
      `--allow-net=${endpoint === undefined ? AMAZON : new URL(endpoint).host}`,
      "--allow-env=AWS_*,HOME",
    ],
    async request(address, asked) {
      const url = objectUrl(host(), address, asked.query);
      const { method = "GET", sum } = asked;
      const headers = { ...asked.headers, ...(sum === undefined ? {} : { "x-amz-content-sha256": sum }) };
      if (credentials === undefined) return { url, method, headers: new Headers(headers) };
      const signer = new AwsV4Signer({ url, method, headers, ...credentials, region, service: "s3" });
      const signed = await signer.sign();
      return { url: signed.url.href, method, headers: signed.headers };
    },
    isElsewhere(answer) {
      const there = answer.headers.get("x-amz-bucket-region");
      if (answer.ok || endpoint !== undefined || there === null || there === region) return false;
      if (!/^[a-z0-9-]{1,40}$/.test(there)) return false;
      region = there;
      return true;
    },
  };
}

function googleAccess(env: Environment): Access {
  const token = env("GOOGLE_OAUTH_ACCESS_TOKEN");
  const given = env("STORAGE_EMULATOR_HOST");
  const host = given === undefined
    ? "https://storage.googleapis.com"
    : (/^https?:\/\//.test(given) ? given : `http://${given}`).replace(/\/+$/, "");
  return {
    isBucket: true,
    isSigned: token !== undefined,
    permissions: [`--allow-net=${new URL(host).host}`, `--allow-env=${GOOGLE_VARIABLES},HOME`],
    request(address, { method = "GET", headers = {}, query }) {
      const sent = new Headers(headers);
      if (token !== undefined) sent.set("authorization", `Bearer ${token}`);
      return Promise.resolve({ url: objectUrl(host, address, query), method, headers: sent });
    },
    isElsewhere: () => false,
  };
}

/** The address of an object as its server takes it: every character but letters, digits, `-._~` and slashes is escaped. */
function objectUrl(host: string, address: string, query: Readonly<Record<string, string>> = {}): string {
  const { bucket = "", key = "" } = placeInBucket(address) ?? {};
  const escaped = key.split("/").map((part) => escapeAll(unescaped(part))).join("/");
  const behind = Object.entries(query).map(([name, value]) => `${name}=${escapeAll(value)}`).join("&");
  return `${host}/${bucket}${escaped === "" ? "" : `/${escaped}`}${behind === "" ? "" : `?${behind}`}`;
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    if (cause instanceof URIError) return part; // a percent sign that escapes nothing
    throw cause;
  }
}

function escapeAll(part: string): string {
  return encodeURIComponent(part).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
