import { actorText, doorText } from "../../format";
import type { EventRowFragment } from "./events.generated";

/** Who did it: the key by its name where this key may see it. */
export function Who({ event }: { event: EventRowFragment }) {
  const isToken = event.actor.startsWith("access_token:");
  if (!event.apiKey) return <span title={event.actor}>{actorText(event.actor)}</span>;
  return <span title={event.actor}>{isToken ? `${actorText(event.actor)}, made by the key “${event.apiKey.name}”` : `Key “${event.apiKey.name}”`}</span>;
}

export function Door({ via }: { via: string }) {
  return <>{doorText(via)}</>;
}
