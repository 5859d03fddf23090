import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/accounts", load: () => import("./AccountsPage") },
  { path: "/accounts/:id", load: () => import("./AccountPage") },
  { path: "/wallets/:id", load: () => import("./WalletPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Accounts", path: "/accounts", key: "a" }];
