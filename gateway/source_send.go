package gateway

import (
	"context"
	"errors"
	"hash"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway/store"
)

// counter counts and hashes what is written.
type counter struct {
	hash hash.Hash
	size uint64
}

func (c *counter) Write(p []byte) (int, error) {
	c.size += uint64(len(p))
	return c.hash.Write(p)
}

func (c *counter) sum() consent.Hash { return consent.Hash(c.hash.Sum(nil)) }

// TransferData is [client.Peer.TransferData]: only what is proven to be
// released and not stopped is sent, and that sending began is on the disk
// before the first byte goes.
func (g *Gateway) TransferData(ctx context.Context, from consent.InstitutionID, caller client.Caller, r client.UseRequest) (io.ReadCloser, uint64, error) {
	unlock, err := g.moves.lock(ctx, r.Transfer)
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	d, err := g.kept(ctx, r.Transfer, r.Use)
	if err != nil {
		return nil, 0, err
	}
	if err := d.checkSend(ctx, from, caller, r); err != nil {
		return nil, 0, err
	}
	f, size, err := g.store.OpenBundle(d.use.UseID)
	if store.IsNotFound(err) {
		return nil, 0, declined(client.DeclineUnknownOffer, "the sealed records are deleted already")
	}
	if err != nil {
		return nil, 0, err
	}
	if Step(d.use.Step) == SourceReleased {
		if err := d.put(ctx, SourceSending); err != nil {
			return nil, 0, errors.Join(err, f.Close())
		}
	}
	return g.sends.begin(d.use.UseID, f, size, g.sent), uint64(size), nil
}

// kept loads a use at the source at a fresh moment.
func (g *Gateway) kept(ctx context.Context, transfer consent.LogID, use uint32) (*departure, error) {
	var u store.Use
	err := g.store.View(ctx, func(tx *store.Tx) (err error) {
		u, err = tx.Use(store.UseID{Transfer: transfer, Side: store.Source, Use: use})
		return err
	})
	if store.IsNotFound(err) {
		return nil, declined(client.DeclineUnknownOffer, "there is no such offer")
	}
	if err != nil {
		return nil, err
	}
	return g.departure(ctx, &u)
}

func (d *departure) checkSend(ctx context.Context, from consent.InstitutionID, caller client.Caller, r client.UseRequest) error {
	if d.at.Head == nil || d.out.From != from {
		return declined(client.DeclineUnknownOffer, "there is no such offer")
	}
	if err := d.checkSession(caller, r.Transfer, d.at, r.Session, r.Signature, d.out.Core.Hash()); err != nil {
		return err
	}
	if err := d.checkDestination(ctx, from); err != nil {
		return err
	}
	switch step := Step(d.use.Step); {
	case d.at.state().Stopped:
		return declined(client.DeclineNotLive, "the patient stopped the transfer")
	case step == SourceDone || step == SourceVoid:
		return declined(client.DeclineUnknownOffer, "the sealed records are deleted already")
	case step < SourceReleased || !d.mine() || !d.at.state().CanSend():
		return declined(client.DeclineNotReleased, "no release is proven yet")
	}
	return nil
}

// sent notes that everything went out once.
func (g *Gateway) sent(id store.UseID) {
	ctx := g.run
	unlock, err := g.moves.lock(ctx, id.Transfer)
	if err != nil {
		return
	}
	defer unlock()
	d, err := g.kept(ctx, id.Transfer, id.Use)
	if err == nil && Step(d.use.Step) == SourceSending {
		err = d.put(ctx, SourceSent)
	}
	if err != nil && ctx.Err() == nil {
		g.log.Warn("a transfer was sent, which could not be noted", "transfer", short(id.Transfer), "error", err)
	}
}

// Undelivered is [client.Peer.Undelivered]: the source agrees that nothing
// arrived if it is certain, by its own records, that nothing was sent; from
// then on nothing will be.
func (g *Gateway) Undelivered(ctx context.Context, from consent.InstitutionID, r client.UndeliveredRequest) (consent.Signature, error) {
	unlock, err := g.moves.lock(ctx, r.Transfer)
	if err != nil {
		return consent.Signature{}, err
	}
	defer unlock()
	d, err := g.kept(ctx, r.Transfer, r.Step.Use)
	if err != nil {
		return consent.Signature{}, err
	}
	if d.out.From != from || r.Step != d.step() || d.out.Voiding {
		return consent.Signature{}, declined(client.DeclineUnknownOffer, "there is no such offer")
	}
	switch Step(d.use.Step) {
	case SourceReleased:
		if err := d.void(ctx, "both sides say that nothing was sent"); err != nil {
			return consent.Signature{}, err
		}
	case SourceVoid:
	default:
		return consent.Signature{}, declined(client.DeclineNotLive, "the records may have been sent")
	}
	return oneTimeKey(d.link.Seed).Sign(consent.UndeliveredStatement(g.genesis.Chain, r.Transfer, r.Step))
}

// errStopped ends a send.
var errStopped = errors.New("the patient stopped the transfer")

// sends are the sends that are under way.
type sends struct {
	mu  sync.Mutex
	now map[*send]bool
}

// send reads a bundle's ciphertext until it is stopped.
type send struct {
	id      store.UseID
	file    *os.File
	left    int64
	stopped atomic.Bool
	of      *sends
	done    func(store.UseID) // called once all was read
}

func (s *sends) begin(id store.UseID, f *os.File, size int64, done func(store.UseID)) *send {
	one := &send{id: id, file: f, left: size, of: s, done: done}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[*send]bool{}
	}
	s.now[one] = true
	return one
}

// abort stops the sends of a transfer and tells whether there was one.
func (s *sends) abort(transfer consent.LogID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := false
	for one := range s.now {
		if one.id.Transfer == transfer && !one.stopped.Swap(true) {
			found = true
		}
	}
	return found
}

// Read is [io.Reader].
func (s *send) Read(p []byte) (int, error) {
	if s.stopped.Load() {
		return 0, errStopped
	}
	n, err := s.file.Read(p)
	s.left -= int64(n)
	return n, err
}

// Close is [io.Closer].
func (s *send) Close() error {
	s.of.mu.Lock()
	delete(s.of.now, s)
	s.of.mu.Unlock()
	if s.left == 0 {
		go s.done(s.id)
	}
	return s.file.Close()
}
