// Package wallet is what the patient owns and does.
//
// The wallet believes nothing that was not proven: an act (approve, deny,
// revoke, …) is signed, sent, and shown as "sending" until the ledger's own
// history, verified on this machine, says that it happened. What is known is
// published as one immutable [Snapshot] to every screen at once.
//
// Keys live in wallet/keys behind an agent, the master secret in
// wallet/keyring, the data at rest in wallet/vault. The network is reached
// through the small [Network] interface that package client satisfies.
package wallet
