#!/usr/bin/env bash
# with-services.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND with what the tests can use beside Go, as far as it is here: a
# FHIR server (CAREKEY_FHIR_SERVER names its folder) and a private Secret
# Service (see with-keyring.sh).
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)

if command -v node >/dev/null && command -v npm >/dev/null; then
	dir=$top/internal/fhirserver
	# npm writes its own copy of the lock file last.
	if ! [ "$dir/node_modules/.package-lock.json" -nt "$dir/package-lock.json" ]; then
		npm ci --prefix "$dir" --no-progress
	fi
	export CAREKEY_FHIR_SERVER=$dir
fi
if command -v gnome-keyring-daemon >/dev/null && command -v dbus-run-session >/dev/null; then
	exec "$top/scripts/with-keyring.sh" "$@"
fi
exec "$@"
