const PREFIX = "quaestor/";
const TYPED_KEY = `${PREFIX}api-key`;
const SESSION_KEY = `${PREFIX}session-key`;
const REMEMBERED = `${PREFIX}remembered`;

function ownNames(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
}

/**
 * Where GraphiQL keeps tabs and history. Names of our own: on a developer's machine many products take turns on one
 * port, and GraphiQL's usual names would bring another product's tabs in here.
 */
export const tabStorage = {
  getItem: (name: string) => localStorage.getItem(PREFIX + name),
  setItem: (name: string, value: string) => localStorage.setItem(PREFIX + name, value),
  removeItem: (name: string) => localStorage.removeItem(PREFIX + name),
  clear: () => ownNames().forEach((name) => localStorage.removeItem(name)),
  get length() {
    return ownNames().length;
  },
};

interface StoredTab {
  query: string | null;
  variables: string | null;
}

/** The tab that was open when the page was last left, if any. */
export function storedActiveTab(): StoredTab | undefined {
  try {
    const state = JSON.parse(tabStorage.getItem("graphiql:tabState") ?? "{}");
    return state.tabs?.[state.activeTabIndex];
  } catch {
    return undefined; // GraphiQL takes no notice of what it cannot read, and so do we.
  }
}

/** Keys live as long as the browser's tab, and no longer. */
function keptInTab(name: string) {
  return {
    read: () => sessionStorage.getItem(name) ?? "",
    write: (key: string) => (key ? sessionStorage.setItem(name, key) : sessionStorage.removeItem(name)),
  };
}

/** The key that was typed in instead of the session's. */
export const typedKey = keptInTab(TYPED_KEY);

/** The key that this browser was signed in with. */
export const sessionKey = keptInTab(SESSION_KEY);

export function readRemembered(): Record<string, string> {
  const stored = sessionStorage.getItem(REMEMBERED);
  return stored === null ? {} : (JSON.parse(stored) as Record<string, string>);
}

export function writeRemembered(values: Record<string, string>): void {
  sessionStorage.setItem(REMEMBERED, JSON.stringify(values));
}

/** Back to the prefilled tabs: nothing that was typed into this page stays, except the key. */
export function forgetTabs(): void {
  tabStorage.clear();
  sessionStorage.removeItem(REMEMBERED);
}
