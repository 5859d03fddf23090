// Whether the server is there. Looked at now and then, and often once it is gone.
import { useSyncExternalStore } from "react";
import { serverAddress } from "../base";

const LOOK_MILLISECONDS = 10_000;
const LOOK_FOR_IT_MILLISECONDS = 2_000;
const FROM_A_PROXY_ALONE = [502, 503, 504];

const listeners = new Set<() => void>();
let isThere = true;
let timer: ReturnType<typeof setTimeout> | undefined;

export function noticeServer(there: boolean): void {
  if (there === isThere) return;
  isThere = there;
  lookLater();
  listeners.forEach((listener) => listener());
}

async function look(): Promise<void> {
  if (!document.hidden) {
    try {
      const response = await fetch(serverAddress("healthz"), { cache: "no-store" });
      noticeServer(!FROM_A_PROXY_ALONE.includes(response.status));
    } catch {
      noticeServer(false);
    }
  }
  lookLater();
}

function lookLater(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void look(), isThere ? LOOK_MILLISECONDS : LOOK_FOR_IT_MILLISECONDS);
}

/** Call `listener` whenever the server goes or is back. Returns what ends that. */
export function watchServer(listener: () => void): () => void {
  if (listeners.size === 0) lookLater();
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) clearTimeout(timer);
  };
}

export function isServerThere(): boolean {
  return isThere;
}

export function useServer(): boolean {
  return useSyncExternalStore(watchServer, isServerThere);
}
