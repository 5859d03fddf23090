// The story with Apollo Client. Build it with `npm ci && npm run build`, and run it with
// QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… npm start --silent
import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { relayStylePagination } from "@apollo/client/utilities";
import { readFileSync } from "node:fs";
import {
  CreateHolderDocument,
  CreditVirtualLedgerDocument,
  EntriesDocument,
  IssueVirtualLedgerDocument,
  PostTransferDocument,
  type EntriesQuery,
} from "./generated/graphql.js";

const client = new ApolloClient({
  link: new HttpLink({
    uri: `${process.env["QUAESTOR_URL"]}/graphql`,
    headers: { Authorization: `API-Key ${process.env["QUAESTOR_API_KEY"]}` },
  }),
  cache: new InMemoryCache({
    // Without it, `... on Error` matches nothing in the cache, and a refusal comes back without its code.
    possibleTypes: JSON.parse(readFileSync("../schema/possibleTypes.json", "utf-8")),
    typePolicies: {
      // Pages of one list are put together; lists with another filter or order are other lists.
      Ledger: { fields: { entries: relayStylePagination(["filter", "direction"]) } },
    },
  }),
  defaultOptions: { mutate: { fetchPolicy: "no-cache" } },
});

function refused(answer: { code?: string; message?: string } | null | undefined): never {
  throw new Error(`${answer?.code}: ${answer?.message}`);
}

async function createHolder(name: string): Promise<string> {
  const { data } = await client.mutate({
    mutation: CreateHolderDocument,
    variables: { input: { party: { person: { name } }, idempotencyKey: "holder" } },
  });
  const answer = data?.createHolder;
  if (answer?.__typename !== "HolderSuccess") return refused(answer);
  console.log(`holder: ${answer.holder.name}`);
  return answer.holder.id;
}

async function issueLedger(holderId: string, idempotencyKey: string) {
  const { data } = await client.mutate({
    mutation: IssueVirtualLedgerDocument,
    variables: { input: { asset: "GOLD", holderId, idempotencyKey } },
  });
  const answer = data?.issueVirtualLedger;
  if (answer?.__typename !== "LedgerSuccess") return refused(answer);
  return answer.ledger;
}

async function credit(ledgerId: string): Promise<void> {
  const { data } = await client.mutate({
    mutation: CreditVirtualLedgerDocument,
    variables: { input: { ledgerId, amount: { value: "10", asset: "GOLD" }, idempotencyKey: "credit" } },
  });
  if (data?.creditVirtualLedger?.__typename !== "TransferSuccess") refused(data?.creditVirtualLedger);
}

async function transfer(debitId: string, creditId: string, value: string): Promise<void> {
  const { data } = await client.mutate({
    mutation: PostTransferDocument,
    variables: { input: { debitId, creditId, amount: { value, asset: "GOLD" }, idempotencyKey: `pay ${value}` } },
  });
  const answer = data?.postTransfer;
  switch (answer?.__typename) {
    case "TransferSuccess":
      console.log(`transfer: ${answer.transfer.amount.value}, replayed: ${answer.replayed}`);
      return;
    case "InsufficientFundsError":
      console.log(`refused: ${answer.code}, ${answer.available.value} available`);
      return;
    default:
      refused(answer);
  }
}

function printPage(number: number, data: EntriesQuery): void {
  const edges = data.ledger?.entries.edges ?? [];
  const told = edges.map(({ node }) => `#${node.sequence} ${node.direction} ${node.amount.value}`);
  console.log(`page ${number}: ${told.join(", ")}`);
}

async function readEntries(ledgerId: string): Promise<void> {
  const variables = { ledgerId, first: 2 };
  const entries = client.watchQuery({ query: EntriesDocument, variables });
  const watching = entries.subscribe({});
  let { data } = await client.query({ query: EntriesDocument, variables });
  for (let number = 1; data?.ledger; number += 1) {
    printPage(number, data);
    const { hasNextPage, endCursor } = data.ledger.entries.pageInfo;
    if (!hasNextPage) break;
    ({ data } = await entries.fetchMore({ variables: { after: endCursor } }));
  }
  watching.unsubscribe();
  const kept = client.readQuery({ query: EntriesDocument, variables });
  if (kept?.ledger?.entries.edges.length !== 3) throw new Error("the cache has not put the pages together");
}

const holderId = await createHolder("Ada Lovelace");
const payer = await issueLedger(holderId, "payer");
console.log(`ledger: ${payer.asset} ${payer.status}`);
const payee = await issueLedger(holderId, "payee");
await credit(payer.id);
await transfer(payer.id, payee.id, "1");
await transfer(payer.id, payee.id, "1");
await transfer(payer.id, payee.id, "1000");
await transfer(payer.id, payee.id, "2");
await readEntries(payer.id);
client.stop();
