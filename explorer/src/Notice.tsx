import type { BadgeState } from "./Header";

interface Properties {
  state: BadgeState;
  /** The key is the one that this browser was signed in with. */
  signedIn: boolean;
  /** Why signing in failed. */
  failure: string | null;
}

function whatIsWrong({ state, signedIn, failure }: Properties): string | null {
  if (state === "gone") return "The server cannot be reached. Look whether it still runs; this page notices when it is back.";
  if (state === "missing") return failure ?? "An API key is needed. Type one, or open the address that `quaestor login` prints.";
  if (state !== "refused") return null;
  return signedIn
    ? "This session is over. Open the address that `quaestor login` prints, or type a key."
    : "This API key is unknown, expired or revoked.";
}

/** One line below the header that says what is wrong and what to do about it. */
export function Notice(properties: Properties) {
  const text = whatIsWrong(properties);
  return (
    <div className="notice" role="status" data-state={properties.state} hidden={text === null}>
      {text?.split("`").map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}
    </div>
  );
}
