// A client with types made from `/openapi.json`: it issues a ledger of gold, reads it, and opens an account with two wallets.
//
//   npm ci
//   npx openapi-typescript http://127.0.0.1:8000/openapi.json --output quaestor.ts --default-non-nullable=false
//   npx tsc --strict --module nodenext rest_client.ts
//   QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=$(cat ../.quaestor/api-key) node rest_client.js
//
// `--default-non-nullable=false` lets requests leave out fields that have a default.
// Run it twice: the second time the same keys and references answer with what was opened the first time.

import createClient from "openapi-fetch";
import type { components, paths } from "./quaestor.js";

type Refusal = components["schemas"]["Refusal"];

const { QUAESTOR_URL: baseUrl, QUAESTOR_API_KEY: key } = process.env;
const client = createClient<paths>({ baseUrl, headers: { Authorization: `API-Key ${key}` } });

/** The answer, or an error with the codes of the refusal. */
function done<Data>(answer: { data?: Data; error?: Refusal }): Data {
  if (answer.data === undefined) {
    throw new Error(answer.error?.errors.map((fault) => `${fault.code}: ${fault.message}`).join("; ") ?? "no answer");
  }
  return answer.data;
}

const issued = done(
  await client.POST("/v1/customer/ledgers/virtual", {
    params: { header: { "Idempotency-Key": "node-gold-1" } },
    body: { asset_class: "commodity", asset_type: "gold" },
  }),
);
const ledger = done(
  await client.GET("/v1/customer/ledgers/{ledger_id}", { params: { path: { ledger_id: issued.ledger_id } } }),
);
console.log(`ledger ${ledger.ledger_id} of ${ledger.asset_type} is ${ledger.ledger_status}`);

const wallet = { currency: "USD", accounting_type: "LIABILITY", decimal_places: 2 } as const;
const opened = done(
  await client.POST("/api/v1/account", {
    body: {
      account_type: "group",
      account_reference: "node-customer-1",
      wallets: ["default", "savings"].map((wallet_name) => ({ wallet_name, ...wallet })),
    },
  }),
);
const [account] = Array.isArray(opened) ? opened : [opened];
console.log(`account ${account?.account_reference} has ${account?.wallets.map((one) => one.wallet_name).join(", ")}`);
