import { useId, type KeyboardEvent, type ReactNode } from "react";
import { useSearchParams } from "wouter";

export interface Tab {
  name: string;
  label: string;
  content: () => ReactNode;
}

/** Parts of a page of which one is shown. Which one is in the address (`?tab=`), so that it can be sent to others. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const [parameters, setParameters] = useSearchParams();
  const id = useId();
  const chosen = tabs.find((tab) => tab.name === parameters.get("tab")) ?? tabs[0]!;
  const choose = (tab: Tab) => setParameters({ tab: tab.name }, { replace: true });
  const onKey = (event: KeyboardEvent) => {
    const here = tabs.indexOf(chosen);
    const there = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (there === undefined) return;
    event.preventDefault();
    const next = tabs[(there + tabs.length) % tabs.length]!;
    choose(next);
    document.getElementById(`${id}-${next.name}`)?.focus();
  };
  return (
    <div className="tabs">
      <div className="tabs-bar" role="tablist" aria-label={label} onKeyDown={onKey}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            id={`${id}-${tab.name}`}
            type="button"
            role="tab"
            aria-selected={tab === chosen}
            aria-controls={`${id}-panel`}
            tabIndex={tab === chosen ? 0 : -1}
            onClick={() => choose(tab)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${chosen.name}`} tabIndex={-1} key={chosen.name}>
        {chosen.content()}
      </div>
    </div>
  );
}
