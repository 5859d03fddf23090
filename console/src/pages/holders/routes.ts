import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/holders", load: () => import("./HoldersPage") },
  { path: "/holders/:id", what: "holder", load: () => import("./HolderPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Holders", path: "/holders", key: "h", scope: "holders:read" }];
