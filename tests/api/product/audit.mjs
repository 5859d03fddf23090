// Runs the audit of graphql-http against the server at URL with the key KEY, and prints each of its answers as JSON.
import { auditServer } from "graphql-http";

const { URL: url, KEY: key } = process.env;
const fetchFn = (address, { headers, ...rest } = {}) =>
  fetch(address, { ...rest, headers: { ...headers, authorization: `API-Key ${key}` } });
const results = await auditServer({ url: `${url}/graphql`, fetchFn });
console.log(
  JSON.stringify(results.map(({ id, name, status, reason }) => ({ id, name, status, reason: reason ?? null }))),
);
