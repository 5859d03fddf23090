#!/usr/bin/env bash
# go-money 1.0.15: `Allocate` gives the cent that is left over to the first party, also where that party's share is zero.
#
# Expected: 1.00 USD allocated 0 : 1 : 2 gives 0, 33 and 67 cents: a party without a share gets nothing, as dinero.js 2.0.2 has it.
# Seen: what is left after the division goes to the parties in their order, one cent each, whatever their shares. The first gets 1 cent
# for a share of zero. Fees or dividends by ratio pay people who are owed nothing, and the sum is right all the same.
#
# Output seen (Go 1.26.8, Node.js 20.20.2):
#   go-money 100 by 0:1:2 = 1 33 66
#   go-money 100 by 0:1:1:1 = 1 33 33 33
#   go-money -100 by 0:1:2 = -1 -33 -66
#   dinero.js 100 by 0:1:2 = 0 33 67
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix "$folder" 'dinero.js@2.0.2'
go mod init example >go.log 2>&1
go get github.com/Rhymond/go-money@v1.0.15 >>go.log 2>&1
cat > main.go <<'GO'
package main

import (
	"fmt"
	"strings"

	"github.com/Rhymond/go-money"
)

func main() {
	cases := []struct {
		amount int64
		shares []int
	}{{100, []int{0, 1, 2}}, {100, []int{0, 1, 1, 1}}, {-100, []int{0, 1, 2}}}
	for _, one := range cases {
		parties, err := money.New(one.amount, money.USD).Allocate(one.shares...)
		if err != nil {
			panic(err)
		}
		amounts := make([]string, len(parties))
		for at, party := range parties {
			amounts[at] = fmt.Sprint(party.Amount())
		}
		shares := strings.ReplaceAll(strings.Trim(fmt.Sprint(one.shares), "[]"), " ", ":")
		fmt.Printf("go-money %d by %s = %s\n", one.amount, shares, strings.Join(amounts, " "))
	}
}
GO
cat > ask.mjs <<'NODE'
import { allocate, dinero, toSnapshot, USD } from "dinero.js";
const parties = allocate(dinero({ amount: 100, currency: USD }), [0, 1, 2]);
console.log("dinero.js 100 by 0:1:2 =", parties.map((party) => toSnapshot(party).amount).join(" "));
NODE
{ go run .; node ask.mjs; } | tee seen
diff - seen <<'SEEN' || { echo "the shares have changed"; exit 1; }
go-money 100 by 0:1:2 = 1 33 66
go-money 100 by 0:1:1:1 = 1 33 33 33
go-money -100 by 0:1:2 = -1 -33 -66
dinero.js 100 by 0:1:2 = 0 33 67
SEEN
