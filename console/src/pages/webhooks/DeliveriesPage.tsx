import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { PageHead } from "../../kit/PageHead";
import { DeliveryList } from "./DeliveryList";

const ALL_TYPES = {};

export default function DeliveriesPage() {
  useLive(HappenedDocument, ALL_TYPES);
  return (
    <>
      <PageHead title="Deliveries" about="Each is one message for one endpoint: whether it reached its receiver, and what came back." />
      <DeliveryList />
    </>
  );
}
