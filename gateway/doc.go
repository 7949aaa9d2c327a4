// Package gateway is an institution's side of the network: it enrols patients,
// asks and answers, writes down every look, moves records, and keeps what is
// private of all that.
//
// # What it believes
//
// Nothing that is not proven. A gateway runs a light client of its own over a
// node that may be anybody's; whatever it acts on (a permission, a transfer's
// state, another institution's keys) is proven under one header that is at most
// 30 seconds old. A local clock may refuse, never permit.
//
// # What it promises
//
// What was acknowledged is on the disk. An access under a permission is on the
// ledger before anything is shown; a look on another basis is in the outbox
// before, and on the ledger with the next batch. Nothing leaves for another
// institution before the release is proven and not stopped, and nothing is
// filed twice. Whatever the moment of a crash, the state on the disk and the
// proven state of the ledger leave one legal move, and the gateway makes it.
//
// # Files
//
// keys.go and ledger.go are what it stands on; desk.go, chart.go, detail.go,
// carrier.go and witness.go what it does for patients; staff.go, look.go and
// collect.go what its people do; outbox.go how things reach the ledger; step.go,
// destination*.go and source*.go the transfer; admin*.go, failure.go and
// status.go how it is run.
package gateway
