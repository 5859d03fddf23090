import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/transfers", load: () => import("./TransfersPage") },
  { path: "/transfers/:id", what: "transfer", load: () => import("./TransferPage") },
  { path: "/holds/:id", what: "hold", load: () => import("./HoldPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Transfers", path: "/transfers", key: "t", scope: "transfers:read" }];
