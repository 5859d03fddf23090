import { useEffect, useState } from "react";
import { Link, useLocation, useSearchParams } from "wouter";
import { pageOf } from "../../addresses";
import { useAsk } from "../../client/queries";
import { words } from "../../format";
import { Facts } from "../../kit/Facts";
import { holdsKey, NO_KEY_IN_THE_ADDRESS } from "../../keyText";
import { Id } from "../../kit/Id";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Failure, Loading } from "../../kit/states";
import { FindDocument, type FindQuery } from "./search.generated";

type Found = FindQuery["find"]["objects"][number];

const BY: Record<Found["by"], string> = {
  ID: "by its id",
  WEBHOOK_ID: "by the id of the message",
  IDEMPOTENCY_KEY: "by the idempotency key of a request",
  REFERENCE: "by its reference",
  BANK_ACCOUNT: "by the bank account",
  NAME: "by its name",
};
/** What counts as a name of what. */
const BY_NAME: Record<string, string> = {
  holder: "by its name or e-mail address",
  payment: "by the name of the other side",
  api_key: "by its name or its beginning",
  webhook_endpoint: "by its URL or description",
};
const HOW: [what: string, how: string][] = [
  ["An id, a reference", "the whole of it, in capital letters or not: “rent november” finds “Rent November”"],
  ["An idempotency key", "the whole of it, with the same capital letters"],
  ["A bank account", "the whole IBAN, or the sort code and the account number together: 04-00-52 12339700. A payment made with an IBAN is also found by all that follows its check digits: 370400440532013000"],
  ["A holder", "the beginnings of words of the name or e-mail address, in any order"],
  ["The other side of a payment", "the whole of its name, in capital letters or not"],
  ["An API key, an endpoint", "a part of the name or the URL, from 3 characters on"],
];

/** What is looked for, and how much of it must be typed. */
function HowToSearch() {
  return <Facts facts={HOW} />;
}

function FoundOne({ found: { type, title, by, node } }: { found: Found }) {
  const page = pageOf(type, node.id);
  return (
    <li>
      <span className="found-type">{words(type)}</span>
      {page ? <Link href={page}>{title}</Link> : <span>{title}</span>}
      <span className="found-by">{(by === "NAME" && BY_NAME[type]) || BY[by]}</span>
      <Id value={node.id} short />
    </li>
  );
}

export default function SearchPage() {
  const [parameters] = useSearchParams();
  const [isRefused, setRefused] = useState(false);
  const typed = (parameters.get("q") ?? "").trim();
  const isKey = holdsKey(typed);
  const text = isKey ? "" : typed;
  const asked = useAsk(FindDocument, { text }, { enabled: text !== "" });
  const found = asked.data?.data.find;
  const [, navigate] = useLocation();
  const only = found?.objects.length === 1 && !found.hasMore && found.objects[0]!.by === "ID" ? found.objects[0]! : null;
  const itsPage = only && pageOf(only.type, only.node.id);
  useEffect(() => {
    if (typed) setRefused(isKey);
    // Out of the address at once, so that it gets into no bookmark and no screenshot.
    if (isKey) navigate("/search", { replace: true });
  }, [typed]);
  useEffect(() => {
    // Who pastes an id wants that object, and not a list with it.
    if (itsPage) navigate(itsPage, { replace: true });
  }, [itsPage]);
  return (
    <>
      <PageHead title={text ? `Found for “${text}”` : "Search"} />
      {isRefused && (
        <p className="note" data-tone="bad" role="alert">
          {NO_KEY_IN_THE_ADDRESS}
        </p>
      )}
      {!text && (
        <Section title="What the box above finds. Press / to come there.">
          <HowToSearch />
        </Section>
      )}
      {text && asked.isPending && <Loading what="Searching" />}
      {asked.error && !found && <Failure failure={asked.error} again={() => void asked.refetch()} />}
      {found && found.objects.length === 0 && (
        <Section title="Nothing was found. This is how it is searched:">
          <HowToSearch />
        </Section>
      )}
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
          Not searched: {found.notSearched.map(({ resourceType, reason }) => `${words(resourceType).replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())}s (${reason.replace(/\.$/, "")})`).join(", ")}.
        </p>
      )}
    </>
  );
}
