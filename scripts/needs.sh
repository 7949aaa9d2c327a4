#!/usr/bin/env bash
# Makes sure that what the tests need beside Go is here. On Debian and its
# kin, as root, what is missing is installed; elsewhere it is named, and the
# tests that need it are skipped.
set -euo pipefail

# What is looked for, and the Debian package that brings it.
needs=(
	"gcc gcc" # for the race detector
	"dbus-run-session dbus"
	"dbus-send dbus"
	"gnome-keyring-daemon gnome-keyring"
	"tmux tmux"
	"node nodejs"
	"npm npm"
	"zbarimg zbar-tools"
	"pdftoppm poppler-utils" # and pdftotext, pdfinfo
	"/usr/include/stdlib.h libc6-dev"
	"/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf fonts-dejavu-core"
)

present() {
	case $1 in
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

missing() {
	for need in "${needs[@]}"; do
		read -r thing package <<<"$need"
		present "$thing" || echo "$package"
	done | sort -u
}

command -v go >/dev/null || {
	echo "needs: Go is missing, see https://go.dev/doc/install" >&2
	exit 1
}
if ! [ -e /etc/debian_version ]; then # headers and fonts live elsewhere there
	needs=("${needs[@]:0:9}")
fi
packages=$(missing)
[ -n "$packages" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ]; then
	echo "needs: installing" $packages
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -q
	apt-get install -y -q --no-install-recommends $packages
	packages=$(missing)
	[ -z "$packages" ] || {
		echo "needs: installed, and still missing:" $packages >&2
		exit 1
	}
else
	echo "needs: missing here, by Debian's names, and the tests that use them are skipped:" $packages >&2
fi
