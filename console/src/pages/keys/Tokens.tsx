import { useAsk } from "../../client/queries";
import { mutate } from "../../client/request";
import { isId } from "../../ids";
import { Action } from "../../kit/Action";
import { Filters, useFilters } from "../../kit/Filters";
import { Empty, Failure, Loading } from "../../kit/states";
import { Time } from "../../kit/Time";
import { RevokeAccessTokenDocument, TokensOfHolderDocument } from "./keys.generated";

const FIELDS = [{ name: "holder", label: "Holder", help: "Its id. Copy it from the holder's page." }];

function OfHolder({ holderId }: { holderId: string }) {
  const asked = useAsk(TokensOfHolderDocument, { holderId });
  const tokens = asked.data?.data.accessTokens;
  if (!tokens) return asked.error ? <Failure failure={asked.error} again={() => void asked.refetch()} /> : <Loading />;
  if (tokens.length === 0) return <Empty>This holder has no access token that has not ended.</Empty>;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Access tokens">
      <table>
        <thead>
          <tr>
            <th scope="col">Begins with</th>
            <th scope="col">May</th>
            <th scope="col">Made</th>
            <th scope="col">Ends</th>
            <th scope="col">
              <span className="off-screen">Revoke</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>
                <code>{token.prefix}</code>
              </td>
              <td>{token.scopes.includes("*") ? "everything of its own" : token.scopes.join(", ")}</td>
              <td>
                <Time at={token.createdAt} />
              </td>
              <td>
                <Time at={token.expiresAt} />
              </td>
              <td>
                <Action
                  label="Revoke…"
                  title="Revoke the access token"
                  scope="keys:write"
                  confirm="Revoke it"
                  danger
                  says={() => (
                    <p>
                      The token <code>{token.prefix}…</code> is refused from now on, and its subscriptions end. The holder needs a new one.
                    </p>
                  )}
                  send={() => mutate(RevokeAccessTokenDocument, { id: token.id })}
                  done={() => "The token was revoked."}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Short-lived tokens of one holder's browser. */
export function Tokens() {
  const holder = useFilters().holder?.trim() ?? "";
  return (
    <>
      <Filters fields={FIELDS} />
      {isId(holder) ? <OfHolder holderId={holder} /> : <Empty>Give a holder&rsquo;s id to see its tokens. They are short-lived keys for one holder&rsquo;s browser.</Empty>}
    </>
  );
}
