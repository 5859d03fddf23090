const COMPACT = new Intl.NumberFormat("en-GB", { notation: "compact", maximumFractionDigits: 1 });

/** `12,500` is `12.5K`: for axes, where there is little room. */
export function axisNumber(value: number): string {
  return COMPACT.format(value);
}

/** What a chart shows, for those who do not see it, and for those who copy it. */
export function AsTable({ head, rows }: { head: string[]; rows: string[][] }) {
  return (
    <details className="as-table">
      <summary>As a table</summary>
      <div className="table-scroll" tabIndex={0} role="region" aria-label="The chart's numbers">
        <table>
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row[0]}>
                {row.map((cell, place) => (
                  <td key={head[place]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
