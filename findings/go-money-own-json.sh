#!/usr/bin/env bash
# go-money 1.0.15: an amount above 2^53 that the library itself wrote as JSON is read back as another amount, without an error.
#
# Expected: amounts are int64 of minor units, and `json.Unmarshal` of what `json.Marshal` wrote is the same Money. An amount that is no whole
# number of minor units is refused.
# Seen: the object is read into a map, so the amount becomes a float64 before it becomes an int64 again. 9007199254740993 is read as ...992, and
# 1.99 minor units as 1. A total of wei or satoshi-like units, or of rupiah kept in hundredths, passes 2^53 soon.
#
# Output seen (Go 1.26.8):
#   written: {"amount":9007199254740993,"currency":"USD"}
#   read: 9007199254740992, error <nil>, equal false
#   read from 1.99: 1, error <nil>
set -euo pipefail
folder=$(mktemp -d); trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
cd "$folder"
go mod init example >go.log 2>&1
go get github.com/Rhymond/go-money@v1.0.15 >>go.log 2>&1
cat > main.go <<'GO'
package main

import (
	"encoding/json"
	"fmt"

	"github.com/Rhymond/go-money"
)

func main() {
	one := money.New(9007199254740993, money.USD)
	text, err := json.Marshal(one)
	if err != nil {
		panic(err)
	}
	fmt.Println("written:", string(text))
	var again, part money.Money
	err = json.Unmarshal(text, &again)
	fmt.Printf("read: %d, error %v, equal %v\n", again.Amount(), err, again.Amount() == one.Amount())
	err = json.Unmarshal([]byte(`{"amount":1.99,"currency":"USD"}`), &part)
	fmt.Printf("read from 1.99: %d, error %v\n", part.Amount(), err)
}
GO
go run . | tee seen
diff - seen <<'SEEN' || { echo "it has changed"; exit 1; }
written: {"amount":9007199254740993,"currency":"USD"}
read: 9007199254740992, error <nil>, equal false
read from 1.99: 1, error <nil>
SEEN
