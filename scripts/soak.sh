#!/usr/bin/env bash
# soak.sh TIME PACKAGE...
#
# Tests the packages with the race detector, again and again and in another
# order each time, until TIME (as 90s, 30m, 8h) is over or a test fails.
set -euo pipefail
time=$1
shift
case $time in
*h) seconds=$((${time%h} * 3600)) ;;
*m) seconds=$((${time%m} * 60)) ;;
*s) seconds=${time%s} ;;
*)
	echo "soak: $time is not a time like 90s, 30m or 8h" >&2
	exit 2
	;;
esac
rounds=0
until [ "$SECONDS" -ge "$seconds" ]; do
	go run ./internal/check test -race -shuffle=on -count=1 -timeout=15m "$@"
	go test -tags=soak -count=1 -run=Timing ./recovery/slip39 # without -race, which takes time of its own
	rounds=$((rounds + 1))
	echo "soak: $rounds rounds in $SECONDS s"
done
