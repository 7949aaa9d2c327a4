package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"

	"carekey/client"
	"carekey/consent"
	"carekey/wallet"
)

// direct is the network of a wallet that reads a node in this process and finds
// the private parts in memory. Everything is verified as ever; nothing is sent.
type direct struct {
	*reader
	network consent.NetworkID
	details map[consent.Hash]consent.Detail // by commitment
}

var errReadOnly = errors.New("this network is only read")

// Chain is [wallet.Chronicle.Chain].
func (d *direct) Chain() string { return townChain }

// Registry is [wallet.Chronicle.Registry].
func (d *direct) Registry(context.Context) (*consent.Registry, error) {
	return d.registry.Registry, nil
}

// Follow is [wallet.Chronicle.Follow].
func (d *direct) Follow(ctx context.Context, r wallet.Reader, known consent.Remembered) (consent.Reading, error) {
	p, err := d.light.Follow(ctx, d.source, d.registry, r.Log, known)
	if err != nil {
		return consent.Reading{}, err
	}
	var shown []client.NumberedDetail
	for _, v := range p.New {
		if found, ok := d.details[v.Item.Commitment]; ok {
			shown = append(shown, client.NumberedDetail{Number: v.Entry.Number, Detail: found})
		}
	}
	for _, lie := range d.light.OpenDetails(p, shown) {
		return consent.Reading{}, lie
	}
	return consent.Reading{Tip: p.Tip, Head: p.Head, New: p.New, Remembered: p.Keep}, nil
}

// Await is [wallet.Chronicle.Await].
func (d *direct) Await(ctx context.Context, _ wallet.Reader, _ uint64) error {
	<-ctx.Done()
	return ctx.Err()
}

// Header is [wallet.Archive.Header].
func (d *direct) Header(ctx context.Context, _ wallet.Reader, height int64) (consent.Hash, error) {
	h, err := d.light.At(ctx, d.source, height)
	return h.Hash, err
}

// Find is [wallet.Archive.Find].
func (d *direct) Find(ctx context.Context, r wallet.Reader) (consent.LogID, bool, error) {
	signer, ok := r.Cert.PrivateKey.(crypto.Signer)
	if !ok {
		return consent.LogID{}, false, errors.New("the log's key cannot sign")
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return consent.LogID{}, false, errors.New("the log's key is not Ed25519")
	}
	key := consent.KeyUseKey(consent.PublicKey(public))
	_, _, proven, err := d.light.Prove(ctx, d.source, [][]byte{key})
	if err != nil {
		return consent.LogID{}, false, err
	}
	raw, err := proven.Get(key)
	if err != nil || raw == nil {
		return consent.LogID{}, false, err
	}
	use, err := consent.DecodeKeyUse(raw)
	return use.Log, err == nil, err
}

// Approach is [wallet.Courier.Approach].
func (d *direct) Approach(context.Context, wallet.Reader) {}

// Submit is [wallet.Courier.Submit].
func (d *direct) Submit(context.Context, wallet.Reader, []byte, bool) error { return errReadOnly }

// Give is [wallet.Correspondent.Give].
func (d *direct) Give(context.Context, wallet.Reader, consent.Class, consent.Detail) error {
	return errReadOnly
}

// Details is [wallet.Correspondent.Details].
func (d *direct) Details(context.Context, wallet.Reader, []uint64) (map[uint64]consent.Detail, error) {
	return nil, nil
}

// SourceKeys is [wallet.Correspondent.SourceKeys].
func (d *direct) SourceKeys(context.Context, wallet.Reader) ([]consent.SignedSourceKey, error) {
	return nil, nil
}

// Hand is [wallet.Correspondent.Hand].
func (d *direct) Hand(context.Context, wallet.Reader, consent.Parcel) error { return errReadOnly }
