import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { words } from "../../format";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import { PageHead } from "../../kit/PageHead";
import { Payments, type PaymentFilter } from "../../parts/Payments";

const STATUSES = ["PENDING", "ACCEPTED", "DECLINED"] as const;
const FIELDS = [
  { name: "status", label: "Status", kind: "select" as const, options: optionsOf("Any", STATUSES, words) },
  { name: "direction", label: "Direction", kind: "select" as const, options: [["", "Both"], ["OUT", "Out"], ["IN", "In"]] as [string, string][] },
  { name: "reference", label: "Reference", help: "The whole of it" },
  { name: "name", label: "Other side", help: "The whole name" },
];
const TYPES = { types: ["payment.*"] };

function filterOf({ status, direction, reference, name }: Record<string, string>): PaymentFilter {
  return {
    status: status ? [status as (typeof STATUSES)[number]] : null,
    direction: (direction || null) as PaymentFilter["direction"],
    reference: reference || null,
    counterpartyName: name || null,
  };
}

export default function PaymentsPage() {
  useLive(HappenedDocument, TYPES);
  return (
    <>
      <PageHead title="Payments" about="Money to and from outside, through a bank." />
      <Filters fields={FIELDS} />
      <Payments filter={filterOf(useFilters())} />
    </>
  );
}
