import { useMemo } from "react";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk, type Listed } from "../../client/queries";
import { mutate, serverNow } from "../../client/request";
import { useViewer } from "../../client/viewer";
import { Action } from "../../kit/Action";
import { List, type Column } from "../../kit/List";
import { PageHead } from "../../kit/PageHead";
import { Section } from "../../kit/Panel";
import { Tabs } from "../../kit/Tabs";
import { Time } from "../../kit/Time";
import { ApiKeysDocument, RevokeApiKeyDocument, type ApiKeyRowFragment } from "./keys.generated";
import { MakeKey } from "./MakeKey";
import { Tokens } from "./Tokens";

const NO_VARIABLES = {};
const TYPES = { types: ["api_key.*"] };
const NONE: never[] = [];

function stateOf({ revokedAt, expiresAt }: ApiKeyRowFragment): [tone: string, text: string] {
  if (revokedAt) return ["bad", "Revoked"];
  if (expiresAt && Date.parse(expiresAt) <= serverNow()) return ["bad", "Expired"];
  return ["good", "Valid"];
}

function State({ row }: { row: ApiKeyRowFragment }) {
  const [tone, text] = stateOf(row);
  return (
    <span className="status" data-tone={tone}>
      {text}
    </span>
  );
}

function Revoke({ row, isOwn }: { row: ApiKeyRowFragment; isOwn: boolean }) {
  if (stateOf(row)[1] !== "Valid") return null;
  return (
    <Action
      label="Revoke…"
      title={`Revoke ${row.name}`}
      scope="keys:write"
      confirm="Revoke it"
      danger
      says={() => (
        <>
          <p>
            The key <code>{row.prefix}…</code> is refused from now on, its subscriptions end, and so do the access tokens that it made. This cannot be undone.
          </p>
          {isOwn && (
            <p>
              <b>It is the key that you are signed in with: you will be signed out.</b>
            </p>
          )}
        </>
      )}
      send={() => mutate(RevokeApiKeyDocument, { id: row.id })}
      done={() => `The key ${row.name} was revoked.`}
    />
  );
}

function columnsFor(ownId: string | undefined): Column<ApiKeyRowFragment>[] {
  return [
    {
      name: "Name",
      width: "minmax(215px, 2fr)",
      cell: (row) => (
        <>
          {row.name}
          {row.id === ownId && " (this one)"}
        </>
      ),
    },
    { name: "State", width: "90px", cell: (row) => <State row={row} /> },
    { name: "Begins with", width: "120px", cell: (row) => <code>{row.prefix}</code> },
    { name: "May", width: "minmax(120px, 2fr)", wide: true, cell: (row) => <span title={row.scopes.join(", ")}>{row.scopes.includes("*") ? "everything" : row.scopes.join(", ")}</span> },
    { name: "Last used", width: "minmax(110px, 1fr)", wide: true, cell: (row) => <Time at={row.lastUsedAt} /> },
    { name: "Ends", width: "minmax(110px, 1fr)", wide: true, cell: (row) => <Time at={row.revokedAt ?? row.expiresAt} /> },
    { name: "Revoke", width: "110px", align: "end", cell: (row) => <Revoke row={row} isOwn={row.id === ownId} /> },
  ];
}

function Keys() {
  const asked = useAsk(ApiKeysDocument, NO_VARIABLES);
  const ownId = useViewer()?.apiKey?.id;
  const columns = useMemo(() => columnsFor(ownId), [ownId]);
  const list: Listed<ApiKeyRowFragment> = {
    rows: asked.data?.data.apiKeys ?? NONE,
    total: null,
    hasMore: false,
    isLoading: asked.isPending,
    isLoadingMore: false,
    failure: asked.error,
    lacking: asked.data?.lacking ?? NONE,
    more: () => undefined,
    again: () => void asked.refetch(),
  };
  return <List label="API keys" columns={columns} list={list} rowKey={(row) => row.id} empty="There is no key." />;
}

export default function KeysPage() {
  useLive(HappenedDocument, TYPES);
  return (
    <>
      <PageHead title="API keys" about="Who may use the API in the name of this customer, and what each may do." actions={<MakeKey />} />
      <Tabs
        label="Keys and tokens"
        tabs={[
          { name: "keys", label: "Keys", content: () => <Keys /> },
          { name: "tokens", label: "Access tokens", content: () => <Section title="Access tokens of a holder"><Tokens /></Section> },
        ]}
      />
    </>
  );
}
