import { useList } from "../../client/queries";
import { words } from "../../format";
import { isId } from "../../ids";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import type { FieldOf } from "../../kit/Field";
import { List, type Column } from "../../kit/List";
import { Status } from "../../kit/Status";
import { Time } from "../../kit/Time";
import { DeliveriesDocument, type DeliveriesQuery, type DeliveriesQueryVariables, type DeliveryRowFragment } from "./delivery.generated";
import { typesIn } from "./types";

type Filter = NonNullable<DeliveriesQueryVariables["filter"]>;

const STATUSES = ["PENDING", "RETRYING", "DELIVERED", "EXHAUSTED", "CANCELLED"] as const;
const STATUS: FieldOf = { name: "status", label: "Status", kind: "select", options: optionsOf("Any", STATUSES, words) };
const TYPES: FieldOf = { name: "types", label: "Types of events", help: "Such as ledger.* or payment.status.declined" };
const ABOUT: FieldOf = { name: "about", label: "About", help: "The id of an object" };

const WHAT: Column<DeliveryRowFragment>[] = [
  { name: "What", width: "minmax(170px, 2fr)", cell: (row) => row.eventType },
  { name: "Status", width: "120px", cell: (row) => <Status status={row.status} /> },
];
const TO: Column<DeliveryRowFragment> = { name: "To", width: "minmax(160px, 2fr)", wide: true, cell: (row) => row.endpoint.url };
const WHEN: Column<DeliveryRowFragment>[] = [
  { name: "Attempts", width: "90px", align: "end", wide: true, cell: (row) => row.attemptCount },
  { name: "Next attempt", width: "minmax(170px, 1fr)", wide: true, cell: (row) => (row.nextAttemptAt ? <Time at={row.nextAttemptAt} /> : <span className="none">none</span>) },
  { name: "Made", width: "minmax(170px, 1fr)", cell: (row) => <Time at={row.createdAt} /> },
];
const COLUMNS_OF_ALL = [...WHAT, TO, ...WHEN];
const COLUMNS_OF_ONE = [...WHAT, ...WHEN];

function filterOf({ status, types, about }: Record<string, string>, endpointId: string | null): Filter {
  return {
    endpointId,
    status: status ? [status as (typeof STATUSES)[number]] : null,
    eventTypes: typesIn(types),
    // While an id is typed, it is not one yet.
    resourceId: about && isId(about.trim()) ? about.trim() : null,
  };
}

/** Deliveries with filters: of one endpoint, or to all. */
export function DeliveryList({ endpointId = null }: { endpointId?: string | null }) {
  const list = useList<DeliveriesQuery, DeliveriesQueryVariables, DeliveryRowFragment>(
    DeliveriesDocument,
    { first: 100, filter: filterOf(useFilters(), endpointId) },
    (data) => data.webhookDeliveries,
  );
  return (
    <>
      <Filters fields={[STATUS, TYPES, ABOUT]} />
      <List
        label="Deliveries"
        columns={endpointId === null ? COLUMNS_OF_ALL : COLUMNS_OF_ONE}
        list={list}
        rowKey={(row) => row.id}
        href={(row) => `/deliveries/${row.id}`}
        empty="No delivery is like this."
      />
    </>
  );
}
