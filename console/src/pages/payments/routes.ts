import type { NavigationEntry, PageRoute } from "../../routes";

export const routes: PageRoute[] = [
  { path: "/payments", load: () => import("./PaymentsPage") },
  { path: "/payments/:id", what: "payment", load: () => import("./PaymentPage") },
];

export const navigation: NavigationEntry[] = [{ label: "Payments", path: "/payments", key: "p", scope: "payments:read" }];
