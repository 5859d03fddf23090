import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/ledgers", load: () => import("./LedgersPage") },
  { path: "/ledgers/:id", what: "ledger", load: () => import("./LedgerPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Ledgers", path: "/ledgers", key: "l", scope: "ledgers:read" }];
