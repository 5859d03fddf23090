import type { KeyboardEvent } from "react";

/** Arrows, Home and End go from tab to tab; Delete closes one. */
export function onTabKey(event: KeyboardEvent<HTMLElement>): void {
  const tab = (event.target as Element).closest<HTMLElement>("[role=tab]");
  if (tab === null || !tab.closest(".graphiql-tabs")) return;
  const tabs = [...tab.closest(".graphiql-tabs")!.querySelectorAll<HTMLElement>("[role=tab]")];
  const last = tabs.length - 1;
  const at = tabs.indexOf(tab);
  if (event.key === "Delete") {
    tab.parentElement?.querySelector<HTMLElement>(".graphiql-tab-close")?.click();
    return;
  }
  const places: Record<string, number> = {
    ArrowLeft: at === 0 ? last : at - 1,
    ArrowRight: at === last ? 0 : at + 1,
    Home: 0,
    End: last,
  };
  const next = tabs[places[event.key] ?? -1];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  next.click();
}
