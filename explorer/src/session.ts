// Signing in: the address that `quaestor dev` prints carries a one-time token behind its `#`, which no browser sends
// anywhere. It is traded for a key of this browser's own.
//
// The key lives in this tab's session storage: unlike a cookie it is never sent to another port of the same host, which
// may be another user's, and it is gone with the tab. Further tabs ask those that are open for it. Who signs out in the
// console signs out here as well.
import { sessionKey, typedKey } from "./storage";

const TOKEN = /^#token=([A-Za-z0-9_-]+)$/;
const CHANNEL = "quaestor/session";
const SIGNED_OUT = "signed out";
const ANSWER_MILLISECONDS = 300;

/** The key of this browser's session, if there is one, and what to tell if signing in failed. */
export interface Session {
  apiKey: string;
  failure: string | null;
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
    response = await fetch("./explorer/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
  } catch {
    return { apiKey: "", failure: "The server cannot be reached, so you are not signed in." };
  }
  try {
    const answer = (await response.json()) as { apiKey?: string; message?: string };
    if (response.ok && answer.apiKey) {
      typedKey.write(""); // Who asks to be signed in wants that key.
      return { apiKey: answer.apiKey, failure: null };
    }
    return { apiKey: "", failure: answer.message ?? `The server answered ${response.status}.` };
  } catch {
    return { apiKey: "", failure: `The server answered ${response.status} ${response.statusText}.` };
  }
}

/** The key of another tab of this page; "" when none has one, or none answers in time. */
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

function listenToOtherTabs(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }) => {
    const key = sessionKey.read();
    if (data === "who has a key?" && key) channel.postMessage({ key });
    if (data === SIGNED_OUT && key) {
      sessionKey.write("");
      // A key that was typed here is another matter.
      if (!typedKey.read()) location.reload();
    }
  };
}

/** A browser may show a page again as it was left, with a key that was signed out since. It begins anew instead. */
function beginAnewWhenShownAgain(): void {
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
}

/** Sign in with the token of the address, or go on with the session that this browser has. */
export async function beginSession(): Promise<Session> {
  beginAnewWhenShownAgain();
  // An address typed into an open tab changes only what is behind the `#`, and loads nothing.
  addEventListener("hashchange", () => TOKEN.test(location.hash) && location.reload());
  const token = takeToken();
  const session = token === null ? { apiKey: "", failure: null } : await trade(token);
  session.apiKey ||= sessionKey.read() || (await askOtherTabs());
  sessionKey.write(session.apiKey);
  listenToOtherTabs();
  return session;
}
