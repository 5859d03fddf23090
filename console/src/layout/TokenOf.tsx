import { useAsk } from "../client/queries";
import { HolderOfTokenDocument } from "./token.generated";

/** Says that an access token of one holder is in use: it sees only what is that holder's. */
export function TokenOf({ token }: { token: { holderId: string } }) {
  const asked = useAsk(HolderOfTokenDocument, { id: token.holderId });
  const name = asked.data?.data.holder?.name;
  return (
    <p className="whose-key">
      Access token of one holder: <b>{name ?? token.holderId}</b>. Only what is this holder&rsquo;s is shown.
    </p>
  );
}
