import type { Fetcher } from "@graphiql/toolkit";
import { Kind, parse, type OperationDefinitionNode } from "graphql";
import type { Client } from "graphql-ws";
import { fillIn, noteDown, NotKnownYet, type Remembered } from "./remembered";

const HTTP_ADDRESS = new URL("./graphql", document.baseURI);

export type KeyState = "missing" | "unknown" | "accepted" | "refused";

export interface Connection {
  apiKey: string;
  socket: Client;
  read: () => Remembered;
  remember: (found: Remembered) => void;
  noticeKey: (state: KeyState) => void;
}

export function socketAddress(): string {
  const address = new URL(HTTP_ADDRESS);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

function refusal(message: string): { errors: { message: string }[] } {
  return { errors: [{ message }] };
}

/**
 * The operation that is to run. Found anew in the text: what GraphiQL says of it is that of the tab before, until a
 * tenth of a second after a change of tabs.
 */
function chosenOperation(query: string, operationName: string | null | undefined): OperationDefinitionNode | undefined {
  try {
    const operations = parse(query).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return operations.length === 1 ? operations[0] : operations.find((node) => node.name?.value === operationName);
  } catch {
    return undefined; // The server says what is wrong with it.
  }
}

async function* overSocket(socket: Client, payload: Parameters<Client["iterate"]>[0]) {
  try {
    for await (const answer of socket.iterate(payload)) yield answer;
  } catch (failure) {
    if (Array.isArray(failure)) yield { errors: failure };
    else if (failure instanceof CloseEvent) yield refusal(`The server ended the connection: ${failure.code} ${failure.reason}`);
    else throw failure;
  }
}

async function overHttp(connection: Connection, payload: object, headers: Record<string, string>) {
  const response = await fetch(HTTP_ADDRESS, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/graphql-response+json, application/json",
      Authorization: `API-Key ${connection.apiKey}`,
      ...headers,
    },
    body: JSON.stringify(payload),
  });
  connection.noticeKey(response.status === 401 ? "refused" : "accepted");
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return refusal(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

/** Queries and mutations by POST, subscriptions by WebSocket, both with the key from the header bar. */
export function createFetcher(connection: Connection): Fetcher {
  return async ({ query, operationName, variables }, options) => {
    if (!connection.apiKey) return refusal("An API key is needed: type it into the box at the top right.");
    const operation = chosenOperation(query, operationName);
    const payload = { query, operationName: operation?.name?.value, variables };
    try {
      payload.variables = fillIn(variables, connection.read());
    } catch (failure) {
      if (failure instanceof NotKnownYet) return refusal(failure.message);
      throw failure;
    }
    if (operation?.operation === "subscription") return overSocket(connection.socket, payload);
    const answer = await overHttp(connection, payload, options?.headers ?? {});
    const found: Remembered = {};
    if (operationName !== "IntrospectionQuery") noteDown(answer.data, "", found);
    if (Object.keys(found).length > 0) connection.remember(found);
    return answer;
  };
}
