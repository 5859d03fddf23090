import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { useAskViewer } from "../../client/viewer";
import { PageHead } from "../../kit/PageHead";
import { MoneyByAsset } from "../../parts/MoneyByAsset";
import { MoneyDocument } from "./overview.generated";
import { PaymentsByStatus } from "./PaymentsByStatus";
import { RecentPayments } from "./RecentPayments";
import { Stuck } from "./Stuck";
import { TransfersADay } from "./TransfersADay";
import { WebhookHealth } from "./WebhookHealth";

const NO_VARIABLES = {};
/** What no event of below tells of is asked anew so often. */
const EVERY_SECONDS = 30;
const TYPES = { types: ["holder.*", "ledger.status.*", "payment.*", "webhook_endpoint.*", "webhook_delivery.*"] };

/** All that is asked here is asked at once: the first view is there after one round. */
export default function OverviewPage() {
  const money = useAsk(MoneyDocument, NO_VARIABLES, { everySeconds: EVERY_SECONDS });
  useLive(HappenedDocument, TYPES);
  // What counts over all holders answers none of them.
  const viewer = useAskViewer();
  const isOneHolder = Boolean(viewer.data?.data.viewer.accessToken);
  return (
    <>
      <PageHead title="Overview" />
      <div className="pair">
        <div>
          <MoneyByAsset title="Money by asset" asked={money} />
          {!isOneHolder && <PaymentsByStatus everySeconds={EVERY_SECONDS} />}
          {!isOneHolder && <WebhookHealth everySeconds={EVERY_SECONDS} />}
        </div>
        <div>
          {!isOneHolder && <TransfersADay everySeconds={EVERY_SECONDS} />}
          {!isOneHolder && <Stuck everySeconds={EVERY_SECONDS} />}
          <RecentPayments />
        </div>
      </div>
    </>
  );
}
