import { Bar, BarChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { count } from "../format";
import { AsTable, axisNumber } from "./AsTable";

export interface Counted {
  from: string;
  count: number;
  hasMore: boolean;
}

interface Properties {
  days: Counted[];
  /** How the beginning of a day is written. */
  text: (instant: string) => string;
}

function howMany(day: Counted): string {
  return `${count(day.count)}${day.hasMore ? " or more" : ""}`;
}

/** How many transfers were posted each day. */
export default function TransfersChart({ days, text }: Properties) {
  const points = days.map((day) => ({ day, name: text(day.from), height: day.count }));
  const total = days.reduce((sum, day) => sum + day.count, 0);
  const most = days.some((day) => day.hasMore) ? " or more" : "";
  return (
    <figure className="chart">
      <div aria-hidden="true">
        <ResponsiveContainer width="100%" height={200}>
          <BarChart data={points} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="name" tick={{ fill: "var(--muted)", fontSize: 12 }} stroke="var(--line)" minTickGap={40} />
            <YAxis tick={{ fill: "var(--muted)", fontSize: 12 }} stroke="var(--line)" width={48} tickFormatter={axisNumber} allowDecimals={false} />
            <Tooltip
              isAnimationActive={false}
              cursor={{ fill: "var(--raised)" }}
              content={({ active, payload }) => {
                const day = active ? (payload?.[0]?.payload as (typeof points)[number] | undefined)?.day : undefined;
                return day ? (
                  <div className="chart-tip">
                    {text(day.from)}: <b>{howMany(day)}</b>
                  </div>
                ) : null;
              }}
            />
            <Bar dataKey="height" fill="var(--chart)" radius={[3, 3, 0, 0]} isAnimationActive={false} />
          </BarChart>
        </ResponsiveContainer>
      </div>
      <figcaption>
        {count(total)}
        {most} in {days.length} days.
      </figcaption>
      <AsTable head={["Day", "Transfers"]} rows={days.map((day) => [text(day.from), howMany(day)])} />
    </figure>
  );
}
