#!/usr/bin/env bash
# uvicorn 0.54.0: an application that fails to start ends `uvicorn` with status 3, but `uvicorn --workers 2` with status 0.
#
# Expected: more workers change nothing about how a failed start is told, so systemd's `Restart=on-failure`, Kubernetes jobs and
# scripts see the failure.
# Seen: the parent of several workers notices the failed start, logs it as an error, stops, and ends with status 0, like a stop that was asked for.
# A server whose database was not there at its start is then "succeeded", and is not started again.
#
# Output seen (Python 3.11.7):
#   1 worker: status 3
#   2 workers: status 0, the log says: failed to start, stopping the parent process
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'uvicorn==0.54.0'
cat > "$folder/app.py" <<'PYTHON'
async def app(scope, receive, send):
    assert scope["type"] == "lifespan"
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "the database is not there"})
PYTHON
status_of() {
  local status=0
  timeout 60 "$folder/venv/bin/uvicorn" --app-dir "$folder" --host 127.0.0.1 --port 0 --workers "$1" app:app >"$folder/log" 2>&1 || status=$?
  echo "$status"
}
one=$(status_of 1)
two=$(status_of 2)
said=$(grep -o 'failed to start, stopping the parent process' "$folder/log")
echo "1 worker: status $one"
echo "2 workers: status $two, the log says: $said"
[ "$one" = 3 ] && [ "$two" = 0 ] || { echo "the statuses have changed"; exit 1; }
