// Every page, and every entry of the navigation. A folder of `pages/` exports what it adds; it is listed once here.
import type { ComponentType } from "react";
import * as accounts from "./pages/accounts/routes";
import * as events from "./pages/events/routes";
import * as holders from "./pages/holders/routes";
import * as keys from "./pages/keys/routes";
import * as ledgers from "./pages/ledgers/routes";
import * as overview from "./pages/overview/routes";
import * as payments from "./pages/payments/routes";
import * as search from "./pages/search/routes";
import * as stuck from "./pages/stuck/routes";
import * as transfers from "./pages/transfers/routes";
import * as webhooks from "./pages/webhooks/routes";

export interface PageRoute {
  /** Below `/console`: `/ledgers/:id`. */
  path: string;
  /** Whose id is in the path: `ledger`. An id that cannot be one gets the page of those that there are not. */
  what?: string;
  /** Loads the page when it is first opened. `id` is that of the path, or "". */
  load: () => Promise<{ default: ComponentType<{ id: string }> }>;
}

export interface NavigationEntry {
  label: string;
  path: string;
  /** `g`, then this letter, opens it. */
  key: string;
  /** What is shown there takes this scope. */
  scope?: string;
  /** An access token of one holder sees nothing there. */
  notForOneHolder?: true;
}

interface PageFolder {
  routes: PageRoute[];
  navigation: NavigationEntry[];
}

// In the order of the navigation.
const FOLDERS: PageFolder[] = [
  overview,
  holders,
  ledgers,
  accounts,
  payments,
  transfers,
  search,
  webhooks,
  events,
  stuck,
  keys,
];

export const ROUTES = FOLDERS.flatMap((folder) => folder.routes);
export const NAVIGATION = FOLDERS.flatMap((folder) => folder.navigation);
