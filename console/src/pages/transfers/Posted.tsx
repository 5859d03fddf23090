import { Link } from "wouter";
import { Money } from "../../kit/Money";
import { Time } from "../../kit/Time";

interface Of {
  id: string;
  postedAt: string;
  amount: { value: string; asset: string };
}

/** Other transfers that belong to one: each with its amount and time. */
export function Posted({ transfers }: { transfers: Of[] }) {
  return (
    <ul className="plain">
      {transfers.map((one) => (
        <li key={one.id}>
          <Link href={`/transfers/${one.id}`}>
            <Money money={one.amount} />
          </Link>
          , <Time at={one.postedAt} />
        </li>
      ))}
    </ul>
  );
}
