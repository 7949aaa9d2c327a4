#!/usr/bin/env bash
# with-keyring.sh COMMAND [ARGUMENT...]
#
# Runs COMMAND with a Secret Service of its own: a private D-Bus session with
# an unlocked, empty gnome-keyring, and a home folder that is thrown away
# afterwards. The keyring of the person who runs it is never touched, which
# tests recognise by CAREKEY_KEYRING=private.
set -euo pipefail

start_keyring() {
	# The password is what comes on standard input, without a newline. The
	# keyring holds nothing but what the tests put there, for as long as they run.
	printf private | gnome-keyring-daemon --unlock --components=secrets >/dev/null
	# It may return before it answers on the bus.
	for _ in $(seq 100); do
		owned && return
		sleep 0.1
	done
	echo "with-keyring: gnome-keyring does not answer on the bus" >&2
	exit 1
}

owned() {
	dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
		org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets 2>/dev/null |
		grep -q true
}

if [ "${CAREKEY_KEYRING:-}" = starting ]; then # on the private bus
	exec 2>&3 3>&-
	start_keyring
	export CAREKEY_KEYRING=private
	"$@"
	exit
fi

[ $# -gt 0 ] || {
	echo "usage: with-keyring.sh COMMAND [ARGUMENT...]" >&2
	exit 2
}
dir=$(mktemp -d "${TMPDIR:-/tmp}/carekey-keyring.XXXXXX")
trap 'rm -rf "$dir" || true' EXIT
mkdir -m 700 "$dir/home" "$dir/run"
if command -v go >/dev/null; then # Go's own folders stay where they are
	GOPATH=$(go env GOPATH) GOMODCACHE=$(go env GOMODCACHE) GOCACHE=$(go env GOCACHE) GOENV=$(go env GOENV)
	export GOPATH GOMODCACHE GOCACHE GOENV
fi
unset DBUS_SESSION_BUS_ADDRESS DISPLAY WAYLAND_DISPLAY GNOME_KEYRING_CONTROL SSH_AUTH_SOCK
unset XDG_DATA_HOME XDG_CONFIG_HOME XDG_STATE_HOME XDG_CACHE_HOME
export HOME="$dir/home" XDG_RUNTIME_DIR="$dir/run" CAREKEY_KEYRING=starting
# The bus would like more file descriptors than a small machine allows, and
# does well with less: that complaint alone is dropped, from the bus alone.
exec 3>&2 2> >(grep -v 'Failed to set fd limit' >&2)
dbus-run-session -- "$0" "$@"
