import { groupDigits, type MoneyValue } from "../format";
import { Breaking } from "./Breaking";

/** An exact amount with its asset. With `signed`, what is above zero has a plus. */
export function Money({ money, signed = false }: { money: MoneyValue; signed?: boolean }) {
  const isBelow = money.value.startsWith("-");
  const plus = signed && !isBelow && !/^[0.]+$/.test(money.value) ? "+" : "";
  return (
    <span className="money" data-below={isBelow || undefined}>
      {plus}
      <Breaking text={groupDigits(money.value)} after="," /> <span className="money-asset">{money.asset}</span>
    </span>
  );
}
