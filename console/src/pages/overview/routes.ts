import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [{ path: "/", load: () => import("./OverviewPage") }];

export const navigation: NavigationEntry[] = [{ label: "Overview", path: "/", key: "o" }];
