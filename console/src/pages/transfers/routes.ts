import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/transfers", load: () => import("./TransfersPage") },
  { path: "/transfers/:id", load: () => import("./TransferPage") },
  { path: "/holds/:id", load: () => import("./HoldPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Transfers", path: "/transfers", key: "t" }];
