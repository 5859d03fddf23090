import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/events", load: () => import("./EventsPage") },
  { path: "/events/:id", what: "event", load: () => import("./EventPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Events", path: "/events", key: "e" }];
