// The key that the server made for this browser alone, when somebody signed in with an address.
import { EndOwnKeyDocument, ViewerDocument } from "./viewer.generated";
import { mutate, Refused, request } from "./request";

/** What the server calls such keys: `KEY_NAME` of `app/access/sign_in.py`. */
const NAME = "signed-in browser";

/**
 * Revoke the key if it is such a one; others may be in use elsewhere, and stay as they are.
 *
 * Returns what to tell if it could not be revoked. Never throws.
 */
export async function endOwnKey(key: string): Promise<string | null> {
  try {
    const { data } = await request(ViewerDocument, {}, undefined, key);
    const own = data.viewer.apiKey;
    if (own?.name === NAME) await mutate(EndOwnKeyDocument, { id: own.id }, key);
    return null;
  } catch (failure) {
    if (failure instanceof Refused && failure.code === "UNAUTHENTICATED") return null;
    const why = failure instanceof Error ? failure.message : String(failure);
    return `You are signed out here. But if a key was made for this browser alone, it may not be revoked: ${why} It ends within a day by itself; \`quaestor keys revoke\` ends it now.`;
  }
}
