#!/usr/bin/env bash
# Run a command of the Makefile in a bare Debian: Python, make and git, and nothing else of this machine. For root, with debootstrap.
#
#   tests/bare/run.sh make test
#
# What works on a developer's machine by luck (a `ps`, a compiler, a font) is missing there. The commit that is checked
# out is cloned into it; what is not committed is not tried.
set -euo pipefail
checkout=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -gt 0 ] || { echo "usage: $0 COMMAND …, such as: $0 make test" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "$0: only root can make a bare place" >&2; exit 3; }
command -v debootstrap >/dev/null || { echo "$0: debootstrap is missing: apt-get install debootstrap" >&2; exit 3; }

place=$(mktemp -d "${TMPDIR:-/var/tmp}/quaestor-bare.XXXXXX")
mounted=()
leave() {
  for point in "${mounted[@]}"; do umount -l "$place/$point" || true; done
  # Only if nothing of the machine is mounted in it any more.
  grep -q " $place/" /proc/mounts || rm -rf --one-file-system "$place"
}
trap leave EXIT

made=0
for _ in 1 2 3; do
  if debootstrap --variant=minbase --include=python3,python3-venv,make,git,ca-certificates \
    bookworm "$place" "${QUAESTOR_TEST_DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$place.log" 2>&1; then made=1; break; fi
  rm -rf "${place:?}"/*
done
[ $made = 1 ] || { tail -5 "$place.log" >&2; echo "$0: Debian could not be fetched" >&2; exit 3; }
rm -f "$place.log"

for point in proc dev sys; do mount --rbind "/$point" "$place/$point"; mount --make-rslave "$place/$point"; mounted+=("$point"); done
# How this machine reaches the package index: names, certificates and the settings of pip.
cp -L /etc/resolv.conf /etc/hosts "$place/etc/"
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then cp -L /etc/ssl/certs/ca-certificates.crt "$place/etc/ssl/certs/"; fi
if [ -e /etc/pip.conf ]; then cp -L /etc/pip.conf "$place/etc/"; fi

git clone --quiet "$checkout" "$place/root/quaestor"
kept=()
while IFS= read -r name; do kept+=("$name=${!name}"); done < <(compgen -e | grep -E '^(CI|PYTEST_ADDOPTS|PIP_.*|UV_.*|SSL_CERT_.*|REQUESTS_CA_BUNDLE|[a-zA-Z]*_proxy)$')
env -i "${kept[@]}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
  chroot "$place" /bin/sh -c 'cd /root/quaestor && exec "$@"' sh "$@"
