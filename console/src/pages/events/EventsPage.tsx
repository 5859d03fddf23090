import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk, useList, type Connection } from "../../client/queries";
import { words } from "../../format";
import { Breaking } from "../../kit/Breaking";
import { isId } from "../../ids";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import type { FieldOf } from "../../kit/Field";
import { List, type Column } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { Time } from "../../kit/Time";
import { EventTypesDocument, NewestEventsDocument, type EventRowFragment, type NewestEventsQuery, type NewestEventsQueryVariables } from "./events.generated";
import { Door, Who } from "./Who";

type Filter = NonNullable<NewestEventsQueryVariables["filter"]>;

const NO_VARIABLES = {};
/** What is derived from transfers is no event of its own. */
const DERIVED = ".balance_changed";
const COLUMNS: Column<EventRowFragment>[] = [
  { name: "What", width: "minmax(180px, 2fr)", cell: (row) => <Breaking text={row.type} after="." /> },
  { name: "When", width: "minmax(170px, 1fr)", cell: (row) => <Time at={row.occurredAt} /> },
  { name: "Who", width: "minmax(150px, 1fr)", wide: true, cell: (row) => <Who event={row} /> },
  { name: "Door", width: "150px", wide: true, cell: (row) => <Door via={row.via} /> },
  { name: "Object", width: "140px", wide: true, cell: (row) => words(row.resourceType) },
];

function filterOf({ type, about, from }: Record<string, string>): Filter {
  return {
    types: type ? [type] : null,
    resourceId: about && isId(about.trim()) ? about.trim() : null,
    occurredAt: from ? { gte: new Date(`${from}T00:00:00`).toISOString() } : null,
  };
}

/** The feed goes forward; here the newest stand first, and a page more is what was before. */
function newestFirst({ events: { nodes, pageInfo } }: NewestEventsQuery): Connection<EventRowFragment> {
  return { nodes: nodes.toReversed(), pageInfo: { hasNextPage: pageInfo.hasPreviousPage, endCursor: pageInfo.startCursor } };
}

/** One type, or all of a noun. */
function fieldsOf(eventTypes: string[]): FieldOf[] {
  const types = eventTypes.filter((type) => !type.endsWith(DERIVED));
  const nouns = [...new Set(types.map((type) => `${type.split(".")[0]}.*`))];
  const names = [...nouns, ...types].sort();
  return [
    { name: "type", label: "What", kind: "select", options: optionsOf("Anything", names, (name) => name) },
    { name: "about", label: "About", help: "The id of an object" },
    { name: "from", label: "From", kind: "date" },
  ];
}

export default function EventsPage() {
  const filters = useFilters();
  const types = useAsk(EventTypesDocument, NO_VARIABLES);
  const list = useList<NewestEventsQuery, NewestEventsQueryVariables, EventRowFragment>(
    NewestEventsDocument,
    { last: 100, filter: filterOf(filters) },
    newestFirst,
  );
  useLive(HappenedDocument, filters.type ? { types: [filters.type] } : NO_VARIABLES);
  return (
    <>
      <PageHead title="Events" about="The audit trail, the newest first: what happened, who did it, and through which door. New ones appear by themselves." />
      <Filters fields={fieldsOf(types.data?.data.eventTypes ?? [])} />
      <List label="Events" columns={COLUMNS} list={list} rowKey={(row) => row.id} href={(row) => `/events/${row.id}`} empty="Nothing like this has happened." />
    </>
  );
}
