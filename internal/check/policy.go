package main

import (
	"os"
	"strings"
)

// sharedAbsent is what a test says when it needs the test data beside the
// project and finds none.
const sharedAbsent = "../shared is absent"

// policy says which skips are acceptable on this machine.
type policy struct {
	strict    bool // every test is expected to run here
	hasShared bool // ../shared is there, so no test may miss it
}

// machinePolicy looks at this machine: on Debian as root, scripts/needs.sh
// has installed whatever a test may need.
func machinePolicy() policy {
	return policy{
		strict:    os.Geteuid() == 0 && exists("/etc/debian_version"),
		hasShared: exists("../shared"),
	}
}

func (p policy) accepts(reason string) bool {
	if strings.Contains(reason, sharedAbsent) {
		return !p.hasShared
	}
	return !p.strict
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
