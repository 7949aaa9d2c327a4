// Package ledger is the replicated ledger: an ABCI application around the
// rules of package consent, the node that runs it, its stores and its proofs.
//
// # What is where
//
// One database holds everything the application keeps; each block reaches it
// in one atomic, synced write, so that a crash leaves either all of a block or
// nothing. In it are
//
//   - the state: an IAVL tree with one version per block, whose root is the
//     application hash. Header H+1 carries the root of version H.
//   - the entries of all logs and the batches they came in (outside the tree:
//     a log's head in the tree commits to them),
//   - the spent nonces, in buckets of an hour (the tree holds a running hash
//     per bucket),
//   - anchors: one light block per day and around each change of validators.
//
// # Idle blocks
//
// The engine makes a block at once whenever the last one changed the
// application hash, so that every change is provable without delay. A block
// without transactions must therefore change nothing in the tree: the clock
// that [consent.Rules.Begin] advances is then kept beside the tree, and goes
// into it with the next transaction.
package ledger
