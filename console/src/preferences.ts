import { useSyncExternalStore } from "react";

/** What a person sets for this browser: nothing of a customer's. */
export interface Preferences {
  mode: "system" | "light" | "dark";
  zone: "local" | "utc";
}

const NAME = "quaestor/console";
const USUAL: Preferences = { mode: "system", zone: "local" };
const listeners = new Set<() => void>();
let current = read();

function read(): Preferences {
  try {
    return { ...USUAL, ...(JSON.parse(localStorage.getItem(NAME) ?? "{}") as Partial<Preferences>) };
  } catch {
    return USUAL;
  }
}

/** The style sheet follows `data-mode`; without it, the system. */
export function applyPreferences(): void {
  const root = document.documentElement;
  if (current.mode === "system") delete root.dataset.mode;
  else root.dataset.mode = current.mode;
}

export function setPreferences(changes: Partial<Preferences>): void {
  current = { ...current, ...changes };
  localStorage.setItem(NAME, JSON.stringify(current));
  applyPreferences();
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function usePreferences(): Preferences {
  return useSyncExternalStore(subscribe, () => current);
}
