import { mutate } from "../client/request";
import { Action } from "../kit/Action";
import { Time } from "../kit/Time";
import { FreezeDocument, UnfreezeDocument, type FreezeMutationVariables } from "./freeze.generated";

type Scope = NonNullable<FreezeMutationVariables["input"]["scope"]>;

const FORBIDS: Record<Scope, string> = {
  ALL: "No money can go out of it or come in",
  DEBITS: "No money can go out of it",
  CREDITS: "No money can come into it",
};
const SCOPE = "ledgers:freeze";

interface Properties {
  id: string;
  /** What it is called: `this ledger`. */
  what: string;
  freeze: { scope: Scope; reason: string; frozenAt: string } | null | undefined;
}

/** What a freeze forbids, since when and why. */
export function Frozen({ freeze }: Pick<Properties, "freeze">) {
  if (!freeze) return null;
  return (
    <div className="note" data-tone="bad">
      <p>
        <b>Frozen.</b> {FORBIDS[freeze.scope]}, since <Time at={freeze.frozenAt} />.
      </p>
      <p>Reason: {freeze.reason}</p>
    </div>
  );
}

/** The button that freezes, or the one that ends it. */
export function Freezing({ id, what, freeze }: Properties) {
  if (freeze) {
    return (
      <Action
        label="Unfreeze…"
        title={`Unfreeze ${what}`}
        scope={SCOPE}
        confirm="Unfreeze"
        says={() => <p>Money can move again, in both directions, at once. Requests that were refused meanwhile are not repeated.</p>}
        fields={[{ name: "reason", label: "Why", kind: "textarea", maxLength: 255, help: "It is kept in the events." }]}
        send={({ reason }, idempotencyKey) => mutate(UnfreezeDocument, { input: { id, idempotencyKey, reason: reason || null } })}
        done={() => "Unfrozen."}
      />
    );
  }
  return (
    <Action
      label="Freeze…"
      title={`Freeze ${what}`}
      scope={SCOPE}
      confirm="Freeze"
      danger
      says={({ scope }) => (
        <p>
          {FORBIDS[(scope as Scope) || "ALL"]} until it is unfrozen. Such requests are refused; what is posted already stays. Holds placed before can
          be released, and captured where nothing frozen moves.
        </p>
      )}
      fields={[
        {
          name: "scope",
          label: "What is forbidden",
          kind: "select",
          initial: "ALL",
          options: [
            ["ALL", "Money in and out"],
            ["DEBITS", "Money out only"],
            ["CREDITS", "Money in only"],
          ],
        },
        { name: "reason", label: "Why", kind: "textarea", required: true, maxLength: 255, help: "It is shown to all who see this, and kept in the events." },
      ]}
      send={({ scope, reason }, idempotencyKey) =>
        mutate(FreezeDocument, { input: { id, idempotencyKey, scope: scope as Scope, reason: reason! } })
      }
      done={() => "Frozen."}
    />
  );
}
