// One request to the API: a document that was generated from a `.graphql` file, its variables, and its typed answer.
import type { DocumentTypeDecoration } from "@graphql-typed-document-node/core";
import { serverAddress } from "../base";
import { noticeServer } from "./server";

export interface TypedDocument<R, V> extends DocumentTypeDecoration<R, V> {
  toString(): string;
}

/** An answer, and the scopes for want of which parts of it are null. */
export interface Answer<R> {
  data: R;
  lacking: string[];
}

/** The server refused, or could not say. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly requiredScope: string | null = null,
    readonly requestId: string | null = null,
  ) {
    super(message);
  }

  /** Whether it is unknown if something was done: asking again with the same key is safe. */
  get isUnknown(): boolean {
    return ["INTERNAL", "TIMEOUT", "NO_ANSWER"].includes(this.code);
  }
}

interface WireError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; requiredScope?: string };
}

interface WireAnswer<R> {
  data?: R | null;
  errors?: WireError[];
}

/** What a proxy answers when nothing is behind it. */
const FROM_A_PROXY_ALONE = [502, 503, 504];
/** The server itself ends each request sooner than that. */
const ANSWER_MILLISECONDS = 60_000;
const NO_ANSWER = "No answer came: the server cannot be reached.";

let apiKey = "";
let clockOffset = 0;

/** The server's clock, in milliseconds, as far as its answers have told: this computer's may be wrong. */
export function serverNow(): number {
  return Date.now() + clockOffset;
}

function noticeClock(response: Response): void {
  const date = Date.parse(response.headers.get("Date") ?? "");
  if (!Number.isNaN(date)) clockOffset = date - Date.now();
}

export function signRequestsWith(key: string): void {
  apiKey = key;
}

export function authorization(key = apiKey): string {
  return `API-Key ${key}`;
}

function refusedBy(error: WireError, requestId: string | null): Refused {
  const { code = "BAD_REQUEST", requiredScope = null } = error.extensions ?? {};
  return new Refused(code, error.message, requiredScope, requestId);
}

async function post(body: string, signal?: AbortSignal, key?: string): Promise<Response> {
  try {
    return await fetch(serverAddress("graphql"), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", Authorization: authorization(key) },
      body,
      signal,
      // What is asked with a key of its own ends a session: it arrives even if the page is closed meanwhile.
      keepalive: key !== undefined,
    });
  } catch (failure) {
    if (signal?.aborted) throw failure;
    noticeServer(false);
    throw new Refused("NO_ANSWER", NO_ANSWER);
  }
}

/**
 * Ask the API.
 *
 * Parts of a query that the key may not read are null, and `lacking` names the scopes. If nothing at all is left, or
 * anything else went wrong, this throws. `key` is another key than the one that is signed in with.
 */
export async function request<R, V>(document: TypedDocument<R, V>, variables: V, signal?: AbortSignal, key?: string): Promise<Answer<R>> {
  const response = await post(JSON.stringify({ query: document.toString(), variables }), signal, key);
  const requestId = response.headers.get("X-Request-Id");
  noticeClock(response);
  let answer: WireAnswer<R>;
  try {
    answer = (await response.json()) as WireAnswer<R>;
  } catch {
    noticeServer(!FROM_A_PROXY_ALONE.includes(response.status));
    throw new Refused("NO_ANSWER", `The server answered ${response.status} ${response.statusText}.`, null, requestId);
  }
  noticeServer(true);
  if (response.status === 401) throw new Refused("UNAUTHENTICATED", answer.errors?.[0]?.message ?? "This key is not accepted.");
  const errors = answer.errors ?? [];
  const lacking = errors.map((error) => error.extensions?.requiredScope).filter((scope) => scope !== undefined);
  const grave = errors.find((error) => error.extensions?.requiredScope === undefined) ?? errors[0];
  const isEmpty = !answer.data || Object.values(answer.data).every((value) => value === null);
  if (grave && (isEmpty || lacking.length < errors.length)) throw refusedBy(grave, requestId);
  if (!answer.data) throw new Refused("BAD_REQUEST", "The server answered nothing that is known here.", null, requestId);
  return { data: answer.data, lacking: [...new Set(lacking)] };
}

interface RefusalShape {
  __typename: `${string}Error`;
  code: string;
  message: string;
  requiredScope?: string | null;
}

type Root<R> = NonNullable<R[keyof R]>;
export type Success<R> = Exclude<Root<R>, { __typename: `${string}Error` }>;

/** As `request`. When no answer comes for long, that is told: its dialog cannot be closed before. */
async function answerInTime<R, V>(document: TypedDocument<R, V>, variables: V, key?: string): Promise<Answer<R>> {
  const signal = AbortSignal.timeout(ANSWER_MILLISECONDS);
  try {
    return await request(document, variables, signal, key);
  } catch (failure) {
    if (signal.aborted) throw new Refused("NO_ANSWER", "No answer came in a minute.");
    throw failure;
  }
}

/**
 * Carry out a mutation of one root field, which selects `__typename` and `...Refusal`.
 *
 * Returns its success; throws what it was refused for.
 */
export async function mutate<R, V>(document: TypedDocument<R, V>, variables: V, key?: string): Promise<Success<R>> {
  const { data } = await answerInTime(document, variables, key);
  const [result] = Object.values(data as object) as [Root<R> | undefined];
  if (!result) throw new Refused("BAD_REQUEST", "The server answered nothing that is known here.");
  const refusal = result as unknown as RefusalShape;
  if (refusal.__typename.endsWith("Error")) throw new Refused(refusal.code, refusal.message, refusal.requiredScope ?? null);
  return result as Success<R>;
}

/** Fetch a file over REST and let the browser save it. */
export async function download(path: string, accept: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(serverAddress(path), { headers: { Authorization: authorization(), Accept: accept } });
  } catch {
    noticeServer(false);
    throw new Refused("NO_ANSWER", NO_ANSWER);
  }
  noticeServer(!FROM_A_PROXY_ALONE.includes(response.status));
  if (!response.ok) throw await refusalOfRest(response);
  const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name ?? "statement";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

async function refusalOfRest(response: Response): Promise<Refused> {
  const requestId = response.headers.get("X-Request-Id");
  try {
    const fault = (await response.json()) as { message?: string; error?: string; code?: string; required_scope?: string };
    const message = fault.message ?? fault.error ?? `The server answered ${response.status}.`;
    return new Refused(fault.code ?? "BAD_REQUEST", message, fault.required_scope ?? null, requestId);
  } catch {
    return new Refused("BAD_REQUEST", `The server answered ${response.status}.`, null, requestId);
  }
}
