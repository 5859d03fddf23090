import { useEffect } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { words } from "../../format";
import { Id } from "../../kit/Id";
import { PageHead } from "../../kit/PageHead";
import { Empty, Failure, Loading } from "../../kit/states";
import { FindDocument, type FindQuery } from "./search.generated";

type Found = FindQuery["find"]["objects"][number];

const BY: Record<Found["by"], string> = {
  ID: "by its id",
  WEBHOOK_ID: "by the id of the message",
  IDEMPOTENCY_KEY: "by the idempotency key of a request",
  REFERENCE: "by its reference",
  BANK_ACCOUNT: "by the bank account",
  NAME: "by the name",
};

function FoundOne({ found: { type, title, by, node } }: { found: Found }) {
  const page = pageOf(type, node.id);
  return (
    <li>
      <span className="found-type">{words(type)}</span>
      {page ? <Link href={page}>{title}</Link> : <span>{title}</span>}
      <span className="found-by">{BY[by]}</span>
      <Id value={node.id} short />
    </li>
  );
}

export default function SearchPage() {
  const [parameters] = useSearchParams();
  const text = (parameters.get("q") ?? "").trim();
  const asked = useAsk(FindDocument, { text }, { enabled: text !== "" });
  const found = asked.data?.data.find;
  const [, navigate] = useLocation();
  const only = found?.objects.length === 1 && !found.hasMore && found.objects[0]!.by === "ID" ? found.objects[0]! : null;
  const itsPage = only && pageOf(only.type, only.node.id);
  useEffect(() => {
    // Who pastes an id wants that object, and not a list with it.
    if (itsPage) navigate(itsPage, { replace: true });
  }, [itsPage]);
  return (
    <>
      <PageHead title={text ? `Found for “${text}”` : "Search"} />
      {!text && (
        <Empty>Type the name of a holder, an id, an IBAN, a reference or an idempotency key into the box above. Press / to come there.</Empty>
      )}
      {text && asked.isPending && <Loading what="Searching" />}
      {asked.error && !found && <Failure failure={asked.error} again={() => void asked.refetch()} />}
      {found && found.objects.length === 0 && <Empty>Nothing was found. Ids, references and keys must be whole; of names the beginnings of words are enough.</Empty>}
      {found && found.objects.length > 0 && (
        <ul className="found" aria-label="What was found">
          {found.objects.map((one) => (
            <FoundOne key={one.node.id} found={one} />
          ))}
        </ul>
      )}
      {found?.hasMore && <p className="list-foot">There is more: type more of it.</p>}
      {found && found.notSearched.length > 0 && (
        <p className="note" data-tone="wait">
          Not searched: {found.notSearched.map(({ resourceType, reason }) => `${words(resourceType).toLowerCase()}s (${reason.replace(/\.$/, "")})`).join(", ")}.
        </p>
      )}
    </>
  );
}
