import type { ReactNode } from "react";

/** Names and what they are: `[["Asset", "GBP"], …]`. What is null or false is left out. */
export function Facts({ facts }: { facts: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== false && value !== "")
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Your own fields of an object, if there are any. */
export function Metadata({ metadata }: { metadata: unknown }) {
  const entries = Object.entries((metadata ?? {}) as Record<string, unknown>);
  if (entries.length === 0) return <span className="none">none</span>;
  return (
    <ul className="metadata">
      {entries.map(([name, value]) => (
        <li key={name}>
          <span className="metadata-name">{name}</span> {typeof value === "string" ? value : JSON.stringify(value)}
        </li>
      ))}
    </ul>
  );
}
