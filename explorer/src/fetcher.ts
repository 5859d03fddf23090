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
  noticeServer: (isReachable: boolean) => void;
  /** How many events the open subscription has brought; null when there is none. */
  noticeEvents: (seen: number | null) => void;
}

/** What a proxy answers when nothing is behind it. */
const FROM_A_PROXY_ALONE = [502, 503, 504];
const KEY_NOT_GOOD = [4401, 4403];
const NO_ANSWER =
  "No answer came: the server cannot be reached. Look whether it still runs, then run this again. " +
  "With an idempotency key that is safe, even if it was done.";

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

/** Why a subscription ended, in an answer's form. */
function explain(connection: Connection, failure: unknown): unknown {
  if (Array.isArray(failure)) return { errors: failure };
  if (failure instanceof CloseEvent && failure.code >= 4000) {
    if (KEY_NOT_GOOD.includes(failure.code)) connection.noticeKey("refused");
    return refusal(`The server ended the connection: ${failure.reason || failure.code}`);
  }
  if (!(failure instanceof Event)) throw failure;
  connection.noticeServer(false);
  return refusal("The connection was lost, so no more events come. Run this again when the server is back.");
}

/**
 * A generator would not do: told to stop while it waits, it goes on waiting until the next event, and the server keeps
 * the subscription open that long.
 */
function overSocket(connection: Connection, payload: Parameters<Client["iterate"]>[0]): AsyncIterableIterator<any> {
  const answers = connection.socket.iterate(payload);
  let seen = 0;
  let isOver = false;
  const end = () => {
    if (!isOver) connection.noticeEvents(null);
    isOver = true;
    return { done: true as const, value: undefined };
  };
  connection.noticeEvents(seen);
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (isOver) return end();
      try {
        const answer = await answers.next();
        if (answer.done || isOver) return end();
        connection.noticeEvents(++seen);
        return answer;
      } catch (failure) {
        end();
        return { done: false, value: explain(connection, failure) };
      }
    },
    async return() {
      await answers.return?.();
      return end();
    },
  };
}

async function overHttp(connection: Connection, payload: object, headers: Record<string, string>): Promise<any> {
  let response: Response;
  try {
    response = await fetch(HTTP_ADDRESS, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Accept: "application/graphql-response+json, application/json",
        Authorization: `API-Key ${connection.apiKey}`,
        ...headers,
      },
      body: JSON.stringify(payload),
    });
  } catch {
    connection.noticeServer(false);
    return refusal(NO_ANSWER);
  }
  const text = await response.text();
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    connection.noticeServer(!FROM_A_PROXY_ALONE.includes(response.status));
    return refusal(`The server answered ${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
  connection.noticeServer(true);
  if (response.status === 401) connection.noticeKey("refused");
  else if (response.ok) connection.noticeKey("accepted");
  return answer;
}

/** Whether the server answers at all, whatever it says. */
export async function isServerThere(): Promise<boolean> {
  try {
    const response = await fetch(new URL("./healthz", document.baseURI), { cache: "no-store" });
    return !FROM_A_PROXY_ALONE.includes(response.status);
  } catch {
    return false;
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
    if (operation?.operation === "subscription") return overSocket(connection, payload);
    const answer = await overHttp(connection, payload, options?.headers ?? {});
    const found: Remembered = {};
    if (operationName !== "IntrospectionQuery") noteDown(answer.data, "", found);
    if (Object.keys(found).length > 0) connection.remember(found);
    return answer;
  };
}
