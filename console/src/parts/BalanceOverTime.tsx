import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useAsk } from "../client/queries";
import { serverNow } from "../client/request";
import { dayText, timeText, zoneName } from "../format";
import { Panel } from "../kit/Panel";
import { Empty, Loading } from "../kit/states";
import { usePreferences } from "../preferences";
import { ActivityDocument, type ActivityQuery, type ActivityQueryVariables, type BucketFragment } from "./activity.generated";

const BalanceChart = lazy(() => import("../charts/BalanceChart"));

const DAY = 86_400_000;
/** A time in the future is refused, and the server's clock is known to a second. */
const SINCE_NOW = 2_000;
type Interval = ActivityQueryVariables["interval"];
const SPANS: { name: string; days: number; interval: Interval }[] = [
  { name: "24 hours", days: 1, interval: "HOUR" },
  { name: "30 days", days: 30, interval: "DAY" },
  { name: "1 year", days: 365, interval: "WEEK" },
];

function bucketsOf(data: ActivityQuery): BucketFragment[] {
  return data.node && "activity" in data.node ? data.node.activity : [];
}

interface Properties {
  id: string;
  /** Changes whenever something was posted: the line is then drawn up to now. */
  version: string | undefined;
}

/** How often `version` has changed since it was first known. */
function useChanges(version: string | undefined): number {
  const [changes, setChanges] = useState(0);
  const known = useRef(version);
  useEffect(() => {
    if (known.current !== undefined && known.current !== version) setChanges((before) => before + 1);
    known.current = version ?? known.current;
  }, [version]);
  return changes;
}

/** The posted balance of a ledger or wallet as a line, up to now. */
export function BalanceOverTime({ id, version }: Properties) {
  const [span, setSpan] = useState(SPANS[1]!);
  const { zone } = usePreferences();
  const changes = useChanges(version);
  const variables = useMemo(() => {
    const to = serverNow() - SINCE_NOW;
    return {
      id,
      from: new Date(to - span.days * DAY).toISOString(),
      to: new Date(to).toISOString(),
      interval: span.interval,
      timeZone: zoneName(zone),
    };
  }, [id, changes, span, zone]);
  const asked = useAsk(ActivityDocument, variables, { keepsOld: true });
  const text = (instant: string) => (span.days > 1 ? dayText(instant, zone) : timeText(instant, zone).slice(-12).replace(/^.*, /, ""));
  return (
    <Panel
      title="Balance over time"
      asked={asked}
      aside={
        <div className="choice" role="group" aria-label="Time">
          {SPANS.map((each) => (
            <button key={each.name} type="button" aria-pressed={each === span} onClick={() => setSpan(each)}>
              {each.name}
            </button>
          ))}
        </div>
      }
    >
      {(data) => {
        const buckets = bucketsOf(data);
        if (buckets.every((bucket) => bucket.entryCount === 0)) return <Empty>Nothing was posted in this time.</Empty>;
        return (
          <Suspense fallback={<Loading what="Drawing" />}>
            <BalanceChart buckets={buckets} text={text} />
          </Suspense>
        );
      }}
    </Panel>
  );
}
