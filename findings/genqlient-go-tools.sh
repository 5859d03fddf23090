#!/usr/bin/env bash
# genqlient 0.8.1: its newest release does not compile with Go 1.25 or later, by the command that its own guide gives.
#
# Expected: `go run github.com/Khan/genqlient` generates a client, with any Go that is newer than the one genqlient asks for.
# Seen: it requires golang.org/x/tools 0.24.0, which newer compilers refuse. A module that uses it has to ask for newer tools by itself.
#
# Output seen (Go 1.26.8, linux/amd64):
#   as released: golang.org/x/tools@v0.24.0/internal/tokeninternal/tokeninternal.go:64:9: invalid array length -delta * delta (constant -256 of type int64)
#   with golang.org/x/tools 0.38.0: it compiles
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
cd "$folder"
go mod init example >go.log 2>&1
go get -tool github.com/Khan/genqlient@v0.8.1 >>go.log 2>&1
if go build -o genqlient github.com/Khan/genqlient >build.log 2>&1; then
  echo "genqlient compiles now"; exit 1
fi
grep -q 'invalid array length -delta \* delta' build.log
echo "as released: $(grep -o 'golang.org/x/tools@.*' build.log)"
go get golang.org/x/tools@v0.38.0 >>go.log 2>&1
go build -o genqlient github.com/Khan/genqlient
echo "with golang.org/x/tools 0.38.0: it compiles"
