package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"carekey/consent"
)

// The calls of a connection, by audience. What they return is decoded and in
// its limits, and otherwise unproven.

// Genesis is [Chain.Genesis], for anyone.
func (c *Conn) Genesis(ctx context.Context) ([]byte, error) {
	r, err := call[bytesMessage](ctx, c, OpGenesis, nothing{})
	return r.Bytes, err
}

// LightBlock is [Chain.LightBlock], for anyone.
func (c *Conn) LightBlock(ctx context.Context, height int64) ([]byte, error) {
	r, err := call[bytesMessage](ctx, c, OpLightBlock, heightRequest{Height: height})
	return r.Bytes, err
}

// WaitHeight is [Chain.WaitHeight], for anyone.
func (c *Conn) WaitHeight(ctx context.Context, height int64) (int64, error) {
	r, err := call[heightAnswer](ctx, c, OpWaitHeight, heightRequest{Height: height})
	return r.Height, err
}

// Submit is [Submitter.Submit], for anyone.
func (c *Conn) Submit(ctx context.Context, tx []byte) error {
	_, err := call[nothing](ctx, c, OpSubmit, bytesMessage{Bytes: tx})
	return err
}

// Carried is [Carrier.Carried], for anyone.
func (c *Conn) Carried(ctx context.Context, batch consent.Hash, from uint64) (Carried, error) {
	return call[Carried](ctx, c, OpCarried, carriedRequest{Batch: batch, From: from})
}

// ProvePublic proves public keys of the state, for anyone.
func (c *Conn) ProvePublic(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return checkProof(call[consent.StateProof](ctx, c, OpProvePublic, proveRequest{Height: height, Keys: keys}))
}

// RegistryEntries returns a run of the registry log, for anyone.
func (c *Conn) RegistryEntries(ctx context.Context, from uint64, maxBytes int) (consent.Page, error) {
	return call[consent.Page](ctx, c, OpRegistry, entriesRequest{From: from, MaxBytes: clampBytes(maxBytes)})
}

// Cosignature is [Witness.Cosignature], for anyone.
func (c *Conn) Cosignature(ctx context.Context) (consent.Cosignature, error) {
	return call[consent.Cosignature](ctx, c, OpCosignature, nothing{})
}

// Enrol is [Desk.Enrol], for anyone with a ticket.
func (c *Conn) Enrol(ctx context.Context, request EnrolRequest) (Enrolled, error) {
	return call[Enrolled](ctx, c, OpEnrol, request)
}

// ProveOwn proves keys of the state that belong to the caller's log, the use
// of his TLS key, and public ones.
func (c *Conn) ProveOwn(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return checkProof(call[consent.StateProof](ctx, c, OpProveOwn, proveRequest{Height: height, Keys: keys}))
}

// OwnEntries returns a run of the caller's log.
func (c *Conn) OwnEntries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	return call[consent.Page](ctx, c, OpEntries, entriesRequest{Log: log, From: from, MaxBytes: clampBytes(maxBytes)})
}

// WaitLog returns the size of the caller's log once it is more than size, or
// after the server's patience.
func (c *Conn) WaitLog(ctx context.Context, size uint64) (uint64, error) {
	r, err := call[sizeAnswer](ctx, c, OpWaitLog, waitRequest{Size: size})
	return r.Size, err
}

// Details returns details of the caller's log; those that the server does not
// have are missing, and it may return fewer at once than were asked for.
func (c *Conn) Details(ctx context.Context, numbers []uint64) ([]NumberedDetail, error) {
	r, err := call[detailsAnswer](ctx, c, OpDetails, detailsRequest{Numbers: numbers})
	return r.Details, err
}

// PutDetail is [Details.PutDetail].
func (c *Conn) PutDetail(ctx context.Context, detail consent.Detail) error {
	_, err := call[nothing](ctx, c, OpPutDetail, detail)
	return err
}

// SourceKeys is [Transfers.SourceKeys].
func (c *Conn) SourceKeys(ctx context.Context, want uint8) ([]consent.SignedSourceKey, error) {
	r, err := call[sourceKeysAnswer](ctx, c, OpSourceKeys, countRequest{Count: want})
	if err == nil && len(r.Keys) > MaxSourceKeys {
		err = fmt.Errorf("%w: %d source keys", ErrFrame, len(r.Keys))
	}
	return r.Keys, err
}

// PutParcel is [Transfers.PutParcel].
func (c *Conn) PutParcel(ctx context.Context, parcel consent.Parcel) error {
	_, err := call[nothing](ctx, c, OpPutParcel, parcel)
	return err
}

// TransferRequest is [Peer.TransferRequest].
func (c *Conn) TransferRequest(ctx context.Context, request TransferRequest) (TransferOffer, error) {
	offer, err := call[TransferOffer](ctx, c, OpTransferRequest, request)
	if err == nil && len(offer.Manifest) > MaxManifestBytes {
		err = fmt.Errorf("%w: a manifest of %d bytes", ErrFrame, len(offer.Manifest))
	}
	return offer, err
}

// ErrSize means that the other side would send another number of bytes than
// was offered.
var ErrSize = errors.New("the data has another size than was offered")

// TransferData writes the ciphertext of a released use to to, which must be
// size bytes. After an error what was written is worth nothing.
func (c *Conn) TransferData(ctx context.Context, request UseRequest, size uint64, to io.Writer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := exchange[sizedAnswer](ctx, c, OpTransferData, request)
	if err != nil {
		return err
	}
	if r.Size != size {
		return c.fail(ctx, fmt.Errorf("%w: %d bytes, not %d", ErrSize, r.Size, size))
	}
	return c.bulk(ctx, size, to)
}

// TransferDetails is [Peer.TransferDetails].
func (c *Conn) TransferDetails(ctx context.Context, details TransferDetails) (TransferDetails, error) {
	return call[TransferDetails](ctx, c, OpTransferDetails, details)
}

// Undelivered is [Peer.Undelivered].
func (c *Conn) Undelivered(ctx context.Context, request UndeliveredRequest) (consent.Signature, error) {
	r, err := call[signatureAnswer](ctx, c, OpUndelivered, request)
	return r.Signature, err
}

// NodeConn is a [Node] at the other end of a connection by a registered
// gateway.
type NodeConn struct{ *Conn }

// Prove is [State.Prove].
func (n NodeConn) Prove(ctx context.Context, height int64, keys [][]byte) (consent.StateProof, error) {
	return checkProof(call[consent.StateProof](ctx, n.Conn, OpNodeProve, proveRequest{Height: height, Keys: keys}))
}

// Entries is [State.Entries].
func (n NodeConn) Entries(ctx context.Context, log consent.LogID, from uint64, maxBytes int) (consent.Page, error) {
	return call[consent.Page](ctx, n.Conn, OpNodeEntries, entriesRequest{Log: log, From: from, MaxBytes: clampBytes(maxBytes)})
}

func clampBytes(n int) uint32 { return uint32(max(0, min(n, consent.MaxPageBytes))) }

// checkProof applies consent.DecodeStateProof's limits to a decoded proof.
func checkProof(p consent.StateProof, err error) (consent.StateProof, error) {
	if err == nil && (p.Height < 1 || len(p.Keys) == 0 || len(p.Keys) > MaxProofKeys) {
		err = fmt.Errorf("%w: a proof of %d keys at height %d", ErrFrame, len(p.Keys), p.Height)
	}
	return p, err
}
