import { Link } from "wouter";
import { HappenedDocument } from "../../client/changes.generated";
import { useLive } from "../../client/live";
import { useAsk } from "../../client/queries";
import { PageHead } from "../../kit/PageHead";
import { Panel } from "../../kit/Panel";
import { Empty } from "../../kit/states";
import { Status } from "../../kit/Status";
import { EndpointsDocument } from "./endpoint.generated";
import { Health } from "./Health";
import { MakeEndpoint } from "./MakeEndpoint";

const NO_VARIABLES = {};
const TYPES = { types: ["webhook_endpoint.*", "webhook_delivery.*"] };
const EVERY_SECONDS = 10;

export default function EndpointsPage() {
  const asked = useAsk(EndpointsDocument, NO_VARIABLES, { everySeconds: EVERY_SECONDS });
  useLive(HappenedDocument, TYPES);
  return (
    <>
      <PageHead title="Webhooks" about="Endpoints that are told of what happens." actions={<MakeEndpoint />} />
      <Panel title="Endpoints" aside={<Link href="/deliveries">All deliveries</Link>} asked={asked}>
        {({ webhookEndpoints }) =>
          webhookEndpoints.length === 0 ? (
            <Empty>Nobody is told of anything yet: make an endpoint.</Empty>
          ) : (
            <ul className="cards">
              {webhookEndpoints.map((endpoint) => (
                <li key={endpoint.id} className="card">
                  <p className="card-title">
                    <Link href={`/webhooks/${endpoint.id}`}>{endpoint.url}</Link> <Status status={endpoint.status} title={endpoint.statusReason} />
                  </p>
                  {endpoint.description && <p>{endpoint.description}</p>}
                  {endpoint.statusReason && <p className="card-why">{endpoint.statusReason}</p>}
                  <Health stats={endpoint.stats} />
                </li>
              ))}
            </ul>
          )
        }
      </Panel>
    </>
  );
}
