// The story with Relay, without React. Build it with `npm ci && npm run build`, and run it with
// QUAESTOR_URL=http://127.0.0.1:8000 QUAESTOR_API_KEY=… npm start --silent
import relay from "relay-runtime";
import type { GraphQLResponse, GraphQLTaggedNode, MutationParameters } from "relay-runtime";
import CreateHolder, { type storyCreateHolderMutation } from "./__generated__/storyCreateHolderMutation.graphql.js";
import CreditVirtualLedger, {
  type storyCreditVirtualLedgerMutation,
} from "./__generated__/storyCreditVirtualLedgerMutation.graphql.js";
import Entries, { type storyEntriesQuery } from "./__generated__/storyEntriesQuery.graphql.js";
import IssueVirtualLedger, {
  type storyIssueVirtualLedgerMutation,
} from "./__generated__/storyIssueVirtualLedgerMutation.graphql.js";
import PostTransfer, { type storyPostTransferMutation } from "./__generated__/storyPostTransferMutation.graphql.js";

const { Environment, Network, RecordSource, Store, commitMutation, fetchQuery } = relay;

const environment = new Environment({
  network: Network.create(async ({ text }, variables): Promise<GraphQLResponse> => {
    const answer = await fetch(`${process.env["QUAESTOR_URL"]}/graphql`, {
      method: "POST",
      headers: {
        Authorization: `API-Key ${process.env["QUAESTOR_API_KEY"]}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ query: text, variables }),
    });
    return (await answer.json()) as GraphQLResponse;
  }),
  store: new Store(new RecordSource()),
});

function commit<M extends MutationParameters>(mutation: GraphQLTaggedNode, variables: M["variables"]) {
  return new Promise<M["response"]>((resolve, reject) => {
    commitMutation<M>(environment, {
      mutation,
      variables,
      onCompleted: (data, errors) => (errors?.length ? reject(new Error(errors[0]!.message)) : resolve(data)),
      onError: reject,
    });
  });
}

function refused(answer: { code?: string; message?: string } | null | undefined): never {
  throw new Error(`${answer?.code}: ${answer?.message}`);
}

async function createHolder(name: string): Promise<string> {
  const input = { party: { person: { name } }, idempotencyKey: "holder" };
  const { createHolder: answer } = await commit<storyCreateHolderMutation>(CreateHolder, { input });
  if (!answer?.holder) return refused(answer);
  console.log(`holder: ${answer.holder.name}`);
  return answer.holder.id;
}

async function issueLedger(holderId: string, idempotencyKey: string) {
  const input = { asset: "GOLD", holderId, idempotencyKey };
  const { issueVirtualLedger: answer } = await commit<storyIssueVirtualLedgerMutation>(IssueVirtualLedger, { input });
  if (!answer?.ledger) return refused(answer);
  return answer.ledger;
}

async function credit(ledgerId: string): Promise<void> {
  const input = { ledgerId, amount: { value: "10", asset: "GOLD" }, idempotencyKey: "credit" };
  const { creditVirtualLedger: answer } = await commit<storyCreditVirtualLedgerMutation>(CreditVirtualLedger, {
    input,
  });
  if (answer?.__typename !== "TransferSuccess") refused(answer);
}

async function transfer(debitId: string, creditId: string, value: string): Promise<void> {
  const input = { debitId, creditId, amount: { value, asset: "GOLD" }, idempotencyKey: `pay ${value}` };
  const { postTransfer: answer } = await commit<storyPostTransferMutation>(PostTransfer, { input });
  switch (answer?.__typename) {
    case "TransferSuccess":
      console.log(`transfer: ${answer.transfer.amount.value}, replayed: ${answer.replayed}`);
      return;
    case "InsufficientFundsError":
      console.log(`refused: ${answer.code}, ${answer.available.value} available`);
      return;
    default:
      throw new Error(`refused otherwise: ${answer?.__typename}`);
  }
}

async function readEntries(ledgerId: string): Promise<void> {
  let after: string | null = null;
  for (let number = 1; ; number += 1) {
    const variables: storyEntriesQuery["variables"] = { ledgerId, first: 2, after };
    const data = await fetchQuery<storyEntriesQuery>(environment, Entries, variables).toPromise();
    const entries = data?.ledger?.entries;
    if (!entries) throw new Error("there is no such ledger");
    const told = entries.edges.map(({ node }) => `#${node.sequence} ${node.direction} ${node.amount.value}`);
    console.log(`page ${number}: ${told.join(", ")}`);
    if (!entries.pageInfo.hasNextPage) return;
    after = entries.pageInfo.endCursor ?? null;
  }
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
