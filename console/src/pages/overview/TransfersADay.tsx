import { lazy, Suspense, useMemo } from "react";
import { Link } from "wouter";
import { useAsk } from "../../client/queries";
import { serverNow } from "../../client/request";
import { dayText, startOfDay, zoneName } from "../../format";
import { Panel } from "../../kit/Panel";
import { Empty, Loading } from "../../kit/states";
import { usePreferences } from "../../preferences";
import { TransfersADayDocument } from "./overview.generated";

const TransfersChart = lazy(() => import("../../charts/TransfersChart"));

const DAYS = 30;

/** How many transfers were posted on each of the last days, today too. */
export function TransfersADay({ everySeconds }: { everySeconds: number }) {
  const { zone } = usePreferences();
  const variables = useMemo(
    () => ({ from: startOfDay(serverNow(), DAYS - 1, zone), timeZone: zoneName(zone) }),
    [zone],
  );
  const asked = useAsk(TransfersADayDocument, variables, { everySeconds });
  return (
    <Panel title="Transfers a day" asked={asked} aside={<Link href="/transfers">All</Link>}>
      {({ transferCounts }) =>
        transferCounts.every((day) => day.count === 0) ? (
          <Empty>No transfer was posted in the last {DAYS} days.</Empty>
        ) : (
          <Suspense fallback={<Loading what="Drawing" />}>
            <TransfersChart days={transferCounts} text={(instant) => dayText(instant, zone)} />
          </Suspense>
        )
      }
    </Panel>
  );
}
