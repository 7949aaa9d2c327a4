#!/usr/bin/env bash
# with-services.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND with what the tests can use beside Go, as far as it is here: a
# FHIR server (CAREKEY_FHIR_SERVER names its folder), another implementation of
# SLIP-0039 (CAREKEY_SLIP39_PEER) and a private Secret Service (see
# with-keyring.sh).
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

# install DIR: its npm packages, unless they are there.
install() {
	# npm writes its own copy of the lock file last.
	if ! [ "$1/node_modules/.package-lock.json" -nt "$1/package-lock.json" ]; then
		npm ci --prefix "$1" --no-progress
	fi
}

if command -v node >/dev/null && command -v npm >/dev/null; then
	export CAREKEY_FHIR_SERVER=$top/internal/fhirserver
	export CAREKEY_SLIP39_PEER=$top/recovery/slip39/peer
	install "$CAREKEY_FHIR_SERVER"
	install "$CAREKEY_SLIP39_PEER"
fi
if command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null; then
	exec "$top/scripts/with-keyring.sh" "$@"
fi
exec "$@"
