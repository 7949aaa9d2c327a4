package ui

import (
	"context"
	"log/slog"
)

// Roles are what the program can be, as main hands them to the commands. Every
// function is required. None is called before its command runs, so that a
// short command pays for none of the others.
type Roles struct {
	Version Version
	Wallets WalletRoles
	Gateway GatewayRoles
	Demo    DemoRoles
	// Verify checks an evidence file offline. An error that is [ErrLie] means
	// that the file proves nothing; the report then says how far it got.
	Verify func(context.Context, VerifyOptions) (VerifyReport, error)
	// Node runs a node of the network until the context ends.
	Node func(context.Context, NodeOptions) error
}

// Version is what this binary was built from.
type Version struct {
	Number string // "1.2.0", or "" for a build from sources
	Commit string // full hexadecimal form, or ""
}

// VerifyOptions name an evidence file.
type VerifyOptions struct {
	File   string
	Anchor string // text form of a consent.Anchor; "" checks against the file's own
}

// VerifyReport is what an evidence file proves.
type VerifyReport struct {
	Kind       string   // what kind of lie, in a few words
	Against    string   // the name of who is convicted
	Sentences  []string // what happened, for a person
	Checks     []string // what was checked, in order
	Anchor     string   // text form of the anchor it was checked against
	OwnAnchor  bool     // the anchor came from the file itself
	NewestTime string   // RFC 3339 time of the newest header in the file
}

// NodeOptions run a node.
type NodeOptions struct {
	Home    string // folder with the node's keys, genesis and stores
	Listen  string // host:port for gateways; "" as the home says
	Metrics string // host:port for /metrics and /healthz; "" for none
	Log     *slog.Logger
}

// DemoRoles start the demonstration.
type DemoRoles struct {
	// Start brings up a whole small network in this process and opens the demo
	// patient's wallet. With [ErrBusy] it returns the report of the demo that
	// runs already, if that has said it.
	Start func(context.Context, DemoOptions) (Demo, error)
	// Clean removes everything a demo left, and says what.
	Clean func(context.Context, DemoOptions) ([]string, error)
}

// DemoOptions shape a demo.
type DemoOptions struct {
	Folder   string            // "" for the ordinary place
	Records  string            // FHIR R4 bundle or folder of bundles; "" for made-up records
	Quiet    bool              // institutions do nothing by themselves
	Progress func(step string) // told what is being done
}

// Demo is a running demo.
type Demo struct {
	Opened
	Report DemoReport
}

// DemoReport says where a demo keeps what.
type DemoReport struct {
	Folder     string
	Key        KeyPlace
	Passphrase string   // of the passphrase file, when there is no keyring
	Actors     []string // commands with which another terminal can act as others
}
