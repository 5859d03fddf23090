import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { PageHead } from "../../kit/PageHead";
import { MoneyByAsset } from "../../parts/MoneyByAsset";
import { MoneyDocument } from "./overview.generated";
import { RecentPayments } from "./RecentPayments";
import { Waiting } from "./Waiting";
import { WebhookHealth } from "./WebhookHealth";

const NO_VARIABLES = {};
const EVERY_SECONDS = 30;
const TYPES = { types: ["holder.*", "ledger.status.*", "payment.*", "webhook_endpoint.*"] };

/** All that is asked here is asked at once: the first view is there after one round. */
export default function OverviewPage() {
  const money = useAsk(MoneyDocument, NO_VARIABLES, { everySeconds: EVERY_SECONDS });
  useLive(HappenedDocument, TYPES);
  return (
    <>
      <PageHead title="Overview" />
      <div className="panels">
        <MoneyByAsset title="Money by asset" asked={money} />
        <Waiting />
        <WebhookHealth everySeconds={EVERY_SECONDS} />
        <RecentPayments />
      </div>
    </>
  );
}
