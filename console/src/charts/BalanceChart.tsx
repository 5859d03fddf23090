import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from "recharts";
import { count, groupDigits, moneyText } from "../format";
import type { BucketFragment } from "../parts/activity.generated";
import { AsTable, axisNumber } from "./AsTable";

interface Properties {
  buckets: BucketFragment[];
  /** How the beginning of a bucket is written. */
  text: (instant: string) => string;
}

/** The closing balance of each bucket. The numbers are drawn; what is written is exact. */
export default function BalanceChart({ buckets, text }: Properties) {
  const points = buckets.map((bucket) => ({ bucket, name: text(bucket.from), height: Number(bucket.closing.value) }));
  const first = buckets[0]!;
  const last = buckets.at(-1)!;
  return (
    <figure className="chart">
      <div aria-hidden="true">
        <ResponsiveContainer width="100%" height={220}>
          <AreaChart data={points} margin={{ top: 8, right: 8, bottom: 0, left: 8 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--line)" />
            <XAxis dataKey="name" tick={{ fill: "var(--muted)", fontSize: 12 }} stroke="var(--line)" minTickGap={40} />
            <YAxis tick={{ fill: "var(--muted)", fontSize: 12 }} stroke="var(--line)" width={64} tickFormatter={axisNumber} />
            <Tooltip
              isAnimationActive={false}
              content={({ active, payload }) => {
                const bucket = active ? (payload?.[0]?.payload as (typeof points)[number] | undefined)?.bucket : undefined;
                return bucket ? (
                  <div className="chart-tip">
                    <b>{moneyText(bucket.closing)}</b>
                    <br />
                    {text(bucket.from)}: +{groupDigits(bucket.credits.value)} −{groupDigits(bucket.debits.value)}, {count(bucket.entryCount)} entries
                  </div>
                ) : null;
              }}
            />
            <Area dataKey="height" type="linear" stroke="var(--chart)" fill="var(--chart-fill)" strokeWidth={2} isAnimationActive={false} />
          </AreaChart>
        </ResponsiveContainer>
      </div>
      <figcaption>
        From {moneyText(first.opening)} to {moneyText(last.closing)}.
      </figcaption>
      <AsTable
        head={["From", "Credits", "Debits", "Balance at its end", "Entries"]}
        rows={buckets.map((bucket) => [
          text(bucket.from),
          groupDigits(bucket.credits.value),
          groupDigits(bucket.debits.value),
          groupDigits(bucket.closing.value),
          count(bucket.entryCount),
        ])}
      />
    </figure>
  );
}
