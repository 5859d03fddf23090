import { Link } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { count, words } from "../../format";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Time } from "../../kit/Time";
import { StuckDocument, type StuckQuery } from "./overview.generated";

type Work = StuckQuery["stuckWork"];
type Item = Work["items"][number];

const NO_VARIABLES = {};
/** Names of the API's operations, which are for programs. */
const OPERATION = / \(`\w+`\)/g;

function Counts({ counts }: Pick<Work, "counts">) {
  return (
    <p className="chips">
      {counts
        .filter((each) => each.count > 0)
        .map((each) => (
          <span key={each.kind} className="status">
            {words(each.kind)}: {count(each.count)}
            {each.hasMore && " or more"}
          </span>
        ))}
    </p>
  );
}

/** Of ledgers the title has no holder, who is what people know. */
function nameOf({ kind, title, node }: Item): string {
  if (node?.__typename === "Ledger" && node.holder) return `${node.holder.name}, ${node.asset}`;
  return title ?? words(kind);
}

function One({ item }: { item: Item }) {
  const { kind, reason, advice, since, node } = item;
  const page = node && pageOf(node.__typename, node.id);
  const name = nameOf(item);
  return (
    <li data-kind={kind}>
      <p className="stuck-what">
        {page ? <Link href={page}>{name}</Link> : <span>{name}</span>}
        <span className="counts-what">
          {words(kind)}, since <Time at={since} />
        </span>
      </p>
      <p>{reason}</p>
      <p className="counts-what">{advice.replace(OPERATION, "")}</p>
    </li>
  );
}

/** What waits for somebody, or keeps failing: why, and what to do. */
export function Stuck({ everySeconds }: { everySeconds: number }) {
  const asked = useAsk(StuckDocument, NO_VARIABLES, { everySeconds });
  return (
    <Panel title="What is stuck" asked={asked} aside={<Link href="/stuck">All</Link>}>
      {({ stuckWork: { items, counts, notSearched } }) => (
        <>
          {items.length === 0 ? (
            <Empty>Nothing is stuck.</Empty>
          ) : (
            <>
              <Counts counts={counts} />
              <ul className="stuck">
                {items.map((item, index) => (
                  <One key={item.node?.id ?? index} item={item} />
                ))}
              </ul>
            </>
          )}
          {notSearched.length > 0 && (
            <p className="note" data-tone="wait">
              Not looked at: {notSearched.map(({ resourceType }) => words(resourceType).toLowerCase()).join(", ")}. {notSearched[0]!.reason}
            </p>
          )}
        </>
      )}
    </Panel>
  );
}
