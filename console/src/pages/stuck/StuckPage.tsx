import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { count, words } from "../../format";
import { Filters, optionsOf, useFilters } from "../../kit/Filters";
import { PageHead } from "../../kit/PageHead";
import { Panel } from "../../kit/Panel";
import { Empty, Lacking } from "../../kit/states";
import { Item } from "./Item";
import { WhatIsStuckDocument, type WhatIsStuckQuery } from "./stuck.generated";

type Stuck = WhatIsStuckQuery["stuckWork"];
type Kind = Stuck["items"][number]["kind"];

const EACH_MAX = 50;
const EVERY_SECONDS = 5;
const ALL_TYPES = {};
const NAMES: Record<Kind, string> = {
  LEDGER: "Ledgers that cannot be used",
  HOLDER: "Holders that wait for somebody",
  PAYMENT: "Payments that wait for their bank",
  WORK: "Work that keeps failing",
  DELIVERY: "Webhooks that failed for good",
  ENDPOINT: "Endpoints that are not sent to",
};
const KINDS = Object.keys(NAMES) as Kind[];
const FIELDS = [{ name: "kind", label: "What", kind: "select" as const, options: optionsOf("Anything", KINDS, (kind) => NAMES[kind as Kind]) }];

function OfKind({ kind, stuck }: { kind: Kind; stuck: Stuck }) {
  const items = stuck.items.filter((item) => item.kind === kind);
  const counted = stuck.counts.find((one) => one.kind === kind);
  if (items.length === 0) return null;
  const all = counted ? `${counted.hasMore ? "more than " : ""}${count(counted.count)}` : count(items.length);
  return (
    <section aria-label={NAMES[kind]} className="kind">
      <h3>
        {NAMES[kind]} <span className="kind-count">{all}</span>
      </h3>
      <ul className="cards">
        {items.map((item) => (
          <Item key={`${item.work?.workId ?? item.node?.id}`} item={item} />
        ))}
      </ul>
      {counted && counted.count > items.length && <p className="none">The newest {count(items.length)} are shown.</p>}
    </section>
  );
}

function scopesOf({ notSearched }: Stuck): string[] {
  return [...new Set(notSearched.map((one) => one.requiredScope).filter((scope) => scope != null))];
}

export default function StuckPage() {
  const { kind } = useFilters();
  const kinds = KINDS.filter((one) => one === kind);
  const asked = useAsk(WhatIsStuckDocument, { kinds: kinds.length > 0 ? kinds : null, first: EACH_MAX }, { everySeconds: EVERY_SECONDS });
  useLive(HappenedDocument, ALL_TYPES);
  return (
    <>
      <PageHead title="What is stuck" about="What waits for somebody or keeps failing: why, and what to do about it." />
      <Filters fields={FIELDS} />
      <Panel title={kinds[0] ? words(kinds[0]) : "Everything"} asked={asked}>
        {({ stuckWork }) => (
          <>
            <Lacking scopes={scopesOf(stuckWork)} />
            {stuckWork.items.length === 0 ? <Empty>Nothing is stuck.</Empty> : KINDS.map((one) => <OfKind key={one} kind={one} stuck={stuckWork} />)}
          </>
        )}
      </Panel>
    </>
  );
}
