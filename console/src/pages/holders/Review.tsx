import { mutate } from "../../client/request";
import { Action } from "../../kit/Action";
import { ReviewHolderDocument } from "./holder.generated";

const SCOPE = "holders:review";
const REASON = { name: "reason", label: "Why", kind: "textarea" as const, required: true, maxLength: 255, help: "It is shown with the holder, and kept in the events." };

/** The two answers to a holder in quarantine. */
export function Review({ id, name }: { id: string; name: string }) {
  return (
    <>
      <Action
        label="Approve…"
        title={`Approve ${name}`}
        scope={SCOPE}
        confirm="Approve"
        says={() => <p>The holder becomes OK. Ledgers that wait for it are opened at once, by themselves.</p>}
        fields={[REASON]}
        send={({ reason }, idempotencyKey) => mutate(ReviewHolderDocument, { input: { holderId: id, decision: "APPROVE", reason: reason!, idempotencyKey } })}
        done={() => `${name} was approved.`}
      />
      <Action
        label="Decline…"
        title={`Decline ${name}`}
        scope={SCOPE}
        confirm="Decline"
        danger
        says={() => <p>The holder is declined, and ledgers that wait for it cannot be opened.</p>}
        fields={[REASON]}
        send={({ reason }, idempotencyKey) => mutate(ReviewHolderDocument, { input: { holderId: id, decision: "DECLINE", reason: reason!, idempotencyKey } })}
        done={() => `${name} was declined.`}
      />
    </>
  );
}
