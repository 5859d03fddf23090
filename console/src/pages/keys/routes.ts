import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [{ path: "/keys", load: () => import("./KeysPage") }];

export const navigation: NavigationEntry[] = [{ label: "API keys", path: "/keys", key: "k", scope: "keys:write", notForOneHolder: true }];
