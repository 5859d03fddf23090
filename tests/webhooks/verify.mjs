// Reads messages, one a line, and prints what each library says of it. The argument is the package.json beside them.
import { createPublicKey, verify } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2]);
const libraries = { standardwebhooks: require("standardwebhooks").Webhook, svix: require("svix").Webhook };

function isVerified(Webhook, { secret, headers, body }) {
  try {
    new Webhook(secret).verify(Buffer.from(body, "base64").toString(), headers);
    return true;
  } catch {
    return false;
  }
}

function isVerifiedPublicly({ public_key, headers, body }) {
  const x = Buffer.from(public_key.slice("whpk_".length), "base64").toString("base64url");
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signatures } = headers;
  if (Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${at}.`), Buffer.from(body, "base64")]);
  return signatures.split(" ").some((entry) => {
    const [version, signature = ""] = entry.split(",");
    return version === "v1a" && verify(null, signed, key, Buffer.from(signature, "base64"));
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const said = Object.entries(libraries).map(([name, library]) => [name, isVerified(library, message)]);
  console.log(JSON.stringify({ ...Object.fromEntries(said), v1a: isVerifiedPublicly(message) }));
}
