// A webhook receiver: it verifies each message, and does its work once however often the message comes.
//
//   npm install svix
//   WEBHOOK_SECRET=whsec_… node receiver.mjs 9000
//
// The secret is the one that `createWebhookEndpoint` answered. The port is an argument; 0 takes a free one.

import { createServer } from "node:http";
import { Webhook } from "svix";

const BODY_BYTES_MAX = 1_000_000;

// Yours should be a table with a unique key, written in the same transaction as your work: a repeat may come days later.
const seen = new Set();

function doYourWork(message) {
  console.log(`${message.type} ${JSON.stringify(message.data ?? message.resource)}`);
}

async function read(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function receive(request) {
  // The exact text is what is signed: verify before parsing.
  const message = new Webhook(process.env.WEBHOOK_SECRET).verify(await read(request), request.headers);
  const id = request.headers["webhook-id"];
  if (seen.has(id)) {
    console.log(`repeat of ${id}`);
    return;
  }
  doYourWork(message);
  seen.add(id);
}

const server = createServer((request, response) => {
  receive(request).then(
    () => response.writeHead(204).end(),
    (fault) => {
      console.log(`refused: ${fault.message}`);
      response.writeHead(400).end();
    },
  );
});

server.listen(Number(process.argv[2] ?? 9000), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}/`);
});
