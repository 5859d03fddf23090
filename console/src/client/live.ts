// What happens is told over one WebSocket; the page then asks anew for what it shows.
import { createClient, type Client } from "graphql-ws";
import { useEffect } from "react";
import { serverAddress } from "../base";
import { refreshShort } from "./queries";
import { authorization, type TypedDocument } from "./request";
import { isServerThere } from "./server";

/** However much happens, the page asks anew at most this often. */
const PAUSE_MILLISECONDS = 1_500;
const WAIT_MILLISECONDS = 3_000;
/** The key is not good (any more), or the protocol is wrong: connecting again would not help. */
const FOR_GOOD = [4400, 4401, 4403, 4406];

let client: Client | undefined;

function socket(): Client {
  return (client ??= createClient({
    url: () => serverAddress("graphql").href.replace(/^http/, "ws"),
    connectionParams: () => ({ Authorization: authorization() }),
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, WAIT_MILLISECONDS)),
    shouldRetry: (failure) => !(failure instanceof CloseEvent && FOR_GOOD.includes(failure.code)),
  }));
}

/** Another key means another connection. */
export function endConnection(): void {
  // It also waits for a connection that is still being made, which may fail: nobody needs it any more.
  void Promise.resolve(client?.dispose()).catch(() => undefined);
  client = undefined;
}

function throttled(action: () => void): { call: () => void; end: () => void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    call: () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        action();
      }, PAUSE_MILLISECONDS);
    },
    end: () => clearTimeout(timer),
  };
}

/** Follow a subscription while the page is shown, and refresh all that it shows when something happens. */
export function useLive<R, V extends Record<string, unknown>>(document: TypedDocument<R, V>, variables: V, enabled = true): void {
  const text = document.toString();
  const asText = JSON.stringify(variables);
  useEffect(() => {
    if (!enabled) return undefined;
    const refresh = throttled(() => isServerThere() && void refreshShort());
    const stop = socket().subscribe(
      { query: text, variables: JSON.parse(asText) as V },
      { next: refresh.call, error: () => undefined, complete: () => undefined },
    );
    return () => {
      stop();
      refresh.end();
    };
  }, [text, asText, enabled]);
}
