/** Where keys and endpoints of buckets are looked for. */
import assert from "node:assert/strict";
import { accessTo } from "../../../src/volume/remote/access.ts";
import { s3Profile } from "../../../src/volume/remote/profile.ts";
import { inTempFolder } from "../../helpers/temp_folder.ts";

const envOf = (variables: Readonly<Record<string, string>>) => (name: string) => variables[name];

const CONFIG = `
[default]
region = eu-west-1
[profile lab]
region=us-west-2
endpoint_url = http://minio.lab:9000/
s3 =
  endpoint_url = http://wrong:1
[profile sso]
sso_start_url = https://x.example
`;
const KEYS = `[default]
aws_access_key_id = AD
aws_secret_access_key = SD
[lab]
aws_access_key_id=AL
aws_secret_access_key=SL
aws_session_token = TL
`;

Deno.test("s3Profile() takes keys, region and endpoint from the environment, then from the profile's files", () =>
  inTempFolder(async (folder) => {
    await Deno.mkdir(`${folder}/.aws`);
    Deno.writeTextFileSync(`${folder}/.aws/config`, CONFIG);
    Deno.writeTextFileSync(`${folder}/.aws/credentials`, KEYS);
    const home = { HOME: folder };
    const defaults = s3Profile(envOf(home));
    assert.deepEqual(defaults, {
      endpoint: undefined,
      region: "eu-west-1",
      credentials: { accessKeyId: "AD", secretAccessKey: "SD" },
    });
    const lab = s3Profile(
      envOf({ ...home, AWS_PROFILE: "lab", AWS_ACCESS_KEY_ID: "E", AWS_SECRET_ACCESS_KEY: "E" }),
    );
    assert.deepEqual(lab, {
      endpoint: "http://minio.lab:9000",
      region: "us-west-2",
      credentials: { accessKeyId: "AL", secretAccessKey: "SL", sessionToken: "TL" },
    });
    const given = {
      ...home,
      AWS_ACCESS_KEY_ID: "E",
      AWS_SECRET_ACCESS_KEY: "F",
      AWS_REGION: "r-1",
      AWS_ENDPOINT_URL: "http://a:1",
    };
    assert.deepEqual(s3Profile(envOf(given)), {
      endpoint: "http://a:1",
      region: "r-1",
      credentials: { accessKeyId: "E", secretAccessKey: "F" },
    });
    assert.equal(s3Profile(envOf({ ...home, AWS_NO_SIGN_REQUEST: "YES" })).credentials, undefined);
    assert.throws(
      () => s3Profile(envOf({ ...home, AWS_PROFILE: "none" })),
      /AWS_PROFILE is none: no such profile/,
    );
    assert.throws(
      () => s3Profile(envOf({ ...home, AWS_PROFILE: "sso" })),
      /by sso_start_url, which is not supported: .*export-credentials --profile sso/,
    );
    assert.throws(
      () => s3Profile(envOf({ AWS_ENDPOINT_URL: "minio:9000" })),
      /AWS_ENDPOINT_URL is no address/,
    );
    assert.equal(s3Profile(envOf({})).credentials, undefined);
  }));

Deno.test("accessTo() signs what it asks of a bucket, escapes keys, and follows a bucket to its region", async () => {
  const env = envOf({ AWS_ACCESS_KEY_ID: "ID", AWS_SECRET_ACCESS_KEY: "SECRET", AWS_SESSION_TOKEN: "T" });
  const access = accessTo("s3://em/x", env);
  const { url, headers } = await access.request("s3://em/a b/c+d(1)%25", {});
  assert.equal(url, "https://s3.us-east-1.amazonaws.com/em/a%20b/c%2Bd%281%29%25");
  assert.match(headers.get("authorization") ?? "", /Credential=ID\/\d{8}\/us-east-1\/s3\/aws4_request/);
  assert.equal(headers.get("x-amz-security-token"), "T");
  assert.ok(!JSON.stringify([...headers]).includes("SECRET"));
  const moved = new Response(null, { status: 301, headers: { "x-amz-bucket-region": "eu-central-1" } });
  assert.equal(access.isElsewhere(moved), true);
  assert.equal(access.isElsewhere(moved), false, "asked there once");
  assert.equal((await access.request("s3://em/x", {})).url, "https://s3.eu-central-1.amazonaws.com/em/x");
  const evil = new Response(null, { status: 301, headers: { "x-amz-bucket-region": "a.evil.example/" } });
  assert.equal(access.isElsewhere(evil), false);
  const google = accessTo("gs://em/x", envOf({ GOOGLE_OAUTH_ACCESS_TOKEN: "G" }));
  const asked = await google.request("gs://em/x/y", {});
  assert.equal(asked.url, "https://storage.googleapis.com/em/x/y");
  assert.equal(asked.headers.get("authorization"), "Bearer G");
  assert.throws(() => accessTo("s3:///x", env), /no bucket is named; expected s3:\/\/bucket\/path/);
});
