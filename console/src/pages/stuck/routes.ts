import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [{ path: "/stuck", load: () => import("./StuckPage") }];

export const navigation: NavigationEntry[] = [{ label: "What is stuck", path: "/stuck", key: "s", notForOneHolder: true }];
