import type { ReactNode } from "react";

/** The amounts that matter most, large. */
export function Amounts({ amounts }: { amounts: [string, ReactNode][] }) {
  return (
    <dl className="amounts">
      {amounts.map(([name, amount]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{amount}</dd>
        </div>
      ))}
    </dl>
  );
}
