import type { Asked } from "../client/queries";
import { useViewer } from "../client/viewer";
import { count, words } from "../format";
import { Money } from "../kit/Money";
import { Panel } from "../kit/Panel";
import { Empty, Lacking } from "../kit/states";

interface Amount {
  value: string;
  asset: string;
}

export interface UnitLine {
  asset: string;
  accountingType?: string | null;
  count: number;
  posted: Amount;
  held?: Amount | null;
  available?: Amount | null;
}

/** The API sums what the key may read, and leaves out the rest. */
const SCOPES = ["ledgers:read", "accounts:read"];

function whatIsSummed({ accountingType, count: number }: UnitLine): string {
  const noun = accountingType ? `${words(accountingType).toLowerCase()} wallet` : "ledger";
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Which part of what is posted is held, for the bar below it. Drawn only, so a float is good enough. */
function heldPart({ posted, held }: UnitLine): number {
  const all = Number(posted.value);
  return all > 0 ? Math.min(1, Number(held?.value ?? 0) / all) : 0;
}

/** What ledgers and wallets hold, asset by asset. */
export function MoneyByAsset({ title, asked }: { title: string; asked: Asked<{ balances: UnitLine[] }> }) {
  const viewer = useViewer();
  const lacking = viewer ? SCOPES.filter((scope) => !viewer.may(scope)) : [];
  return (
    <Panel title={title} asked={asked}>
      {({ balances }) => (
        <>
          <Lacking scopes={lacking} />
          {balances.length === 0 && <Empty>There is no ledger or wallet {lacking.length > 0 ? "that this key may see" : "yet"}.</Empty>}
          <ul className="money-lines">
            {balances.map((line) => (
              <li key={`${line.asset} ${line.accountingType}`}>
                <span className="money-line-total">
                  <Money money={line.posted} />
                </span>
                <span className="money-line-what">{whatIsSummed(line)}</span>
                {heldPart(line) > 0 && (
                  <>
                    <span className="bar" aria-hidden="true">
                      <span style={{ width: `${heldPart(line) * 100}%` }} />
                    </span>
                    <span className="money-line-what">
                      held <Money money={line.held!} />
                    </span>
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </Panel>
  );
}
