package client

import (
	"context"

	"carekey/consent"
)

// Chain gives headers. Nothing it gives is believed before it is verified.
type Chain interface {
	// Genesis returns the exact bytes of the genesis file.
	Genesis(ctx context.Context) ([]byte, error)
	// LightBlock returns the protobuf of CometBFT's LightBlock at a height;
	// 0 is the newest. Of a height that is no longer kept it returns the nearest
	// kept one above, so that a reader can walk the daily anchors. ErrNotYet.
	LightBlock(ctx context.Context, height int64) ([]byte, error)
	// WaitHeight returns the newest height once it is at least height, or
	// earlier with a lower one when a time limit of the server has passed.
	WaitHeight(ctx context.Context, height int64) (int64, error)
}

// State gives the state with proofs, and logs.
type State interface {
	// Prove proves keys, present or absent, at the state after block height,
	// for which header height+1 exists; 0 is the newest such.
	Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error)
	// Entries returns a run of a log's entries from number from on: at most
	// maxBytes of leaves, but at least one entry while there is one (0: as many
	// as fit a page); none at the end. ErrPruned.
	Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error)
}

// Submitter carries transactions to the ledger.
type Submitter interface {
	// Submit hands a transaction in. A *consent.Refusal says that the ledger
	// refused it now; nil does not say that it was or will be included.
	Submit(ctx context.Context, tx []byte) error
}

// Node is a full node of the ledger.
type Node interface {
	Chain
	State
	Submitter
}
