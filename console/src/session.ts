// Signing in: the address that `quaestor dev` prints carries a one-time token behind its `#`, which no browser sends
// anywhere. It is traded for a key of this browser's own. A key can also be pasted.
//
// The key lives in this tab's session storage: unlike a cookie it is never sent to another port of the same host, which
// may be another user's, and it is gone with the tab. Further tabs, GraphiQL's too, ask those that are open for it. Who
// signs out in one of them signs out in all.
import { consoleAddress } from "./base";

const TOKEN = /^#token=([A-Za-z0-9_-]+)$/;
const CHANNEL = "quaestor/session";
const SIGNED_OUT = "signed out";
const SESSION_KEY = "quaestor/session-key";
const ANSWER_MILLISECONDS = 300;

/** The key of this browser's session, "" if there is none, and what to tell if signing in failed. */
export interface Session {
  apiKey: string;
  failure: string | null;
}

function readKey(): string {
  return sessionStorage.getItem(SESSION_KEY) ?? "";
}

function writeKey(key: string): void {
  if (key) sessionStorage.setItem(SESSION_KEY, key);
  else sessionStorage.removeItem(SESSION_KEY);
}

function takeToken(): string | null {
  const token = TOKEN.exec(location.hash)?.[1] ?? null;
  // Out of the address at once, so that it gets into no bookmark and no screenshot.
  if (token !== null) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

async function trade(token: string): Promise<Session> {
  let response: Response;
  try {
    response = await fetch(consoleAddress("session"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
  } catch {
    return { apiKey: "", failure: "The server cannot be reached, so you are not signed in." };
  }
  try {
    const answer = (await response.json()) as { apiKey?: string; message?: string };
    if (response.ok && answer.apiKey) return { apiKey: answer.apiKey, failure: null };
    return { apiKey: "", failure: answer.message ?? `The server answered ${response.status}.` };
  } catch {
    return { apiKey: "", failure: `The server answered ${response.status} ${response.statusText}.` };
  }
}

/** The key of another tab; "" when none has one, or none answers in time. */
function askOtherTabs(): Promise<string> {
  return new Promise((resolve) => {
    const channel = new BroadcastChannel(CHANNEL);
    const end = (key: string) => {
      clearTimeout(timer);
      channel.close();
      resolve(key);
    };
    const timer = setTimeout(() => end(""), ANSWER_MILLISECONDS);
    channel.onmessage = ({ data }) => typeof data?.key === "string" && end(data.key);
    channel.postMessage("who has a key?");
  });
}

let channelOfSession: BroadcastChannel | undefined;
let signedOutElsewhere: () => void = () => undefined;

function listenToOtherTabs(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    const key = readKey();
    if (data === "who has a key?" && key) channel.postMessage({ key });
    if (data === SIGNED_OUT) {
      writeKey("");
      signedOutElsewhere();
    }
  };
  channelOfSession = channel;
}

/** A browser may show a page again as it was left, with a key that was signed out since. It begins anew instead. */
function beginAnewWhenShownAgain(): void {
  addEventListener("pageshow", ({ persisted }) => {
    if (!persisted) return;
    document.body.hidden = true;
    location.reload();
  });
}

/** Sign in with the token of the address, or go on with the session that this browser has. */
export async function beginSession(): Promise<Session> {
  beginAnewWhenShownAgain();
  // An address typed into an open tab changes only what is behind the `#`, and loads nothing.
  addEventListener("hashchange", () => TOKEN.test(location.hash) && location.reload());
  const token = takeToken();
  const session = token === null ? { apiKey: "", failure: null } : await trade(token);
  session.apiKey ||= readKey() || (await askOtherTabs());
  writeKey(session.apiKey);
  listenToOtherTabs();
  return session;
}

/** Keep a key that was typed or pasted, for as long as this tab is open; "" forgets it in this tab. */
export function keepKey(key: string): void {
  writeKey(key);
}

/** Sign out all other tabs of this browser, GraphiQL's too. */
export function tellSignedOut(): void {
  channelOfSession?.postMessage(SIGNED_OUT);
}

/** Call `listener` when another tab signed out. Returns what ends that. */
export function onSignedOutElsewhere(listener: () => void): () => void {
  signedOutElsewhere = listener;
  return () => {
    signedOutElsewhere = () => undefined;
  };
}
