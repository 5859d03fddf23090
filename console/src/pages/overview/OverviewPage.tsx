import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
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
  return (
    <>
      <PageHead title="Overview" />
      <div className="pair">
        <div>
          <MoneyByAsset title="Money by asset" asked={money} />
          <PaymentsByStatus everySeconds={EVERY_SECONDS} />
          <WebhookHealth everySeconds={EVERY_SECONDS} />
        </div>
        <div>
          <TransfersADay everySeconds={EVERY_SECONDS} />
          <Stuck everySeconds={EVERY_SECONDS} />
          <RecentPayments />
        </div>
      </div>
    </>
  );
}
