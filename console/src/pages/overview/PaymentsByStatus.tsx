import { useMemo } from "react";
import { Link } from "wouter";
import { useAsk } from "../../client/queries";
import { serverNow } from "../../client/request";
import { count, startOfDay, words } from "../../format";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { usePreferences } from "../../preferences";
import { PaymentsByStatusDocument } from "./overview.generated";

const DAYS = 30;
const TONES = { PENDING: "wait", ACCEPTED: "good", DECLINED: "bad" } as const;

/** How many payments of the last days have each status. */
export function PaymentsByStatus({ everySeconds }: { everySeconds: number }) {
  const { zone } = usePreferences();
  const variables = useMemo(() => ({ from: startOfDay(serverNow(), DAYS - 1, zone) }), [zone]);
  const asked = useAsk(PaymentsByStatusDocument, variables, { everySeconds });
  return (
    <Panel title={`Payments by status, last ${DAYS} days`} asked={asked} aside={<Link href="/payments">All</Link>}>
      {({ paymentCounts }) => {
        const all = paymentCounts.reduce((sum, each) => sum + each.count, 0);
        if (all === 0) return <Empty>No payment came in or went out in this time.</Empty>;
        return (
          <ul className="counts">
            {paymentCounts.map((each) => (
              <li key={each.status}>
                <p>
                  <Link href={`/payments?status=${each.status}`}>{words(each.status)}</Link>
                  <b>
                    {count(each.count)}
                    {each.hasMore && " or more"}
                  </b>
                </p>
                <span className="bar" aria-hidden="true">
                  <span data-tone={TONES[each.status]} style={{ width: `${(each.count / all) * 100}%` }} />
                </span>
              </li>
            ))}
          </ul>
        );
      }}
    </Panel>
  );
}
