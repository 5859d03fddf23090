import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/accounts", load: () => import("./AccountsPage") },
  { path: "/accounts/:id", what: "account", load: () => import("./AccountPage") },
  { path: "/wallets/:id", what: "wallet", load: () => import("./WalletPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Accounts", path: "/accounts", key: "a", scope: "accounts:read" }];
