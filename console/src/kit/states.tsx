// What a part of a page shows while there is nothing to show: it loads, it is empty, it went wrong, the key may not.
import type { ReactNode } from "react";
import { Refused } from "../client/request";

export function Loading({ what = "Loading" }: { what?: string }) {
  return (
    <p className="loading" role="status">
      {what}…
    </p>
  );
}

export function Empty({ children }: { children: ReactNode }) {
  return <p className="empty">{children}</p>;
}

export function Lacking({ scopes }: { scopes: string[] }) {
  if (scopes.length === 0) return null;
  return (
    <p className="note" data-tone="wait">
      Some of this is hidden: this key lacks the {scopes.length === 1 ? "scope" : "scopes"} {scopes.join(", ")}.
    </p>
  );
}

export function Failure({ failure, again }: { failure: Error; again?: () => void }) {
  if (failure instanceof Refused && failure.code === "FORBIDDEN") {
    return (
      <p className="note" data-tone="wait">
        {failure.requiredScope ? (
          <>
            This key may not see this. It lacks the scope <code>{failure.requiredScope}</code>: sign in with a key that has it.
          </>
        ) : (
          failure.message
        )}
      </p>
    );
  }
  const requestId = failure instanceof Refused ? failure.requestId : null;
  return (
    <div className="note" data-tone="bad" role="alert">
      <p>{failure.message}</p>
      {requestId && (
        <p>
          Quote <code>{requestId}</code> when you ask for help.
        </p>
      )}
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
