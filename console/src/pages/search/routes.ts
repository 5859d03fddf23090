import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [{ path: "/search", load: () => import("./SearchPage") }];

// The box is on every page.
export const navigation: NavigationEntry[] = [];
