import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/webhooks", load: () => import("./EndpointsPage") },
  { path: "/webhooks/:id", what: "webhook endpoint", load: () => import("./EndpointPage") },
  { path: "/deliveries", load: () => import("./DeliveriesPage") },
  { path: "/deliveries/:id", what: "webhook delivery", load: () => import("./DeliveryPage") },
];

export const navigation: NavigationEntry[] = [
  { label: "Webhooks", path: "/webhooks", key: "w", scope: "webhooks:read", notForOneHolder: true },
  { label: "Deliveries", path: "/deliveries", key: "d", scope: "webhooks:read", notForOneHolder: true },
];
