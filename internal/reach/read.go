package reach

import (
	"context"
	"errors"

	"carekey/client"
	"carekey/consent"
	"carekey/wallet"
)

// Registry is the newest verified registry.
func (n *Network) Registry(ctx context.Context) (*consent.Registry, error) {
	r, err := n.known(ctx)
	if err != nil {
		return nil, named(err)
	}
	return r.Registry, nil
}

// known returns the registry, reading it the first time.
func (n *Network) known(ctx context.Context) (*client.Registry, error) {
	n.mu.Lock()
	r := n.registry
	n.mu.Unlock()
	if r != nil {
		return r, nil
	}
	return n.readRegistry(ctx)
}

// readRegistry reads the registry log from any institution that answers. Before
// the first time it is the seeds that are asked.
func (n *Network) readRegistry(ctx context.Context) (*client.Registry, error) {
	failed := errors.New("no institution answers")
	for _, target := range n.anywhere() {
		r, err := n.light.FollowRegistry(ctx, anyones{n.nobody(target), n.genesis.App.Network})
		if err == nil {
			n.mu.Lock()
			n.registry = r
			n.mu.Unlock()
			return r, nil
		}
		var lie *client.Lie
		if errors.As(err, &lie) {
			return nil, err
		}
		failed = errors.Join(failed, err)
	}
	return nil, failed
}

// anywhere is every gateway this network knows: those of the registry, or the
// seeds before it was read.
func (n *Network) anywhere() []client.Target {
	n.mu.Lock()
	r := n.registry
	n.mu.Unlock()
	if r == nil {
		return n.config.Seeds
	}
	var all []client.Target
	for _, i := range r.Institutions() {
		if t, err := n.targetOf(i); err == nil {
			all = append(all, t)
		}
	}
	return all
}

// Follow reads a log from what is remembered to its proven head, with the
// private parts of its new entries.
func (n *Network) Follow(ctx context.Context, r wallet.Reader, known consent.Remembered) (consent.Reading, error) {
	reading, err := n.read(ctx, r, known)
	return reading, named(err)
}

func (n *Network) read(ctx context.Context, r wallet.Reader, known consent.Remembered) (consent.Reading, error) {
	pool, err := n.logPool(ctx, r)
	if err != nil {
		return consent.Reading{}, err
	}
	source := held{pool}
	p, err := n.follow(ctx, source, r.Log, known)
	if errors.Is(err, client.ErrForbidden) && known.Tree.Size == 0 {
		p, err = n.followOpened(ctx, source, r, known)
	}
	if errors.Is(err, client.ErrNoLog) {
		return n.absent(ctx, source, known)
	}
	if err == nil {
		_, err = n.open(ctx, source, p)
	}
	if err != nil {
		return consent.Reading{}, err
	}
	reading := consent.Reading{Tip: p.Tip, Head: p.Head, New: p.New, Remembered: p.Keep}
	reading.Cosigners, err = n.cosigners(ctx, source)
	return reading, err
}

// follow reads the log, and the registry again if that has changed.
func (n *Network) follow(ctx context.Context, source held, log consent.LogID, known consent.Remembered) (client.Progress, error) {
	registry, err := n.known(ctx)
	if err != nil {
		return client.Progress{}, err
	}
	p, err := n.light.Follow(ctx, source, registry, log, known)
	if !errors.Is(err, client.ErrRegistryChanged) {
		return p, err
	}
	if registry, err = n.readRegistry(ctx); err != nil {
		return client.Progress{}, err
	}
	return n.light.Follow(ctx, source, registry, log, known)
}

// followOpened reads a log whose key was not let in: as long as the key opens
// nothing, all that its institution lets it see is the proof of that.
func (n *Network) followOpened(ctx context.Context, source held, r wallet.Reader, known consent.Remembered) (client.Progress, error) {
	_, found, err := n.lookUp(ctx, source, r)
	if err != nil {
		return client.Progress{}, err
	}
	if !found {
		return client.Progress{}, client.ErrNoLog
	}
	return n.follow(ctx, source, r.Log, known)
}

// absent is the reading of a log that is proven not to exist yet.
func (n *Network) absent(ctx context.Context, source held, known consent.Remembered) (consent.Reading, error) {
	h, err := n.light.Advance(ctx, source)
	if err != nil {
		return consent.Reading{}, err
	}
	tip := consent.Tip{Height: h.Height, Header: h.Hash, Time: h.Time}
	return consent.Reading{Tip: tip, Remembered: known}, nil
}

// open fetches the private parts of new entries, but for the patient's own, and
// opens those that come. One that does not fit its entry is a lie.
func (n *Network) open(ctx context.Context, source held, p client.Progress) ([]client.NumberedDetail, error) {
	details, rest := n.ownSaid(p.New)
	fetched, err := client.FetchDetails(ctx, source, rest)
	if err != nil {
		return nil, err
	}
	details = append(details, fetched...)
	for _, lie := range n.light.OpenDetails(p, details) {
		if lie.Kind != client.WithheldDetail {
			return nil, lie
		}
	}
	return details, nil
}

// ownSaid are the private parts that this wallet gave itself, and the entries of
// which others have to be asked.
func (n *Network) ownSaid(entries []consent.Verified) (own []client.NumberedDetail, rest []consent.Verified) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, v := range entries {
		if d, ok := n.said[v.Item.Commitment]; ok {
			own = append(own, client.NumberedDetail{Number: v.Entry.Number, Detail: d})
		} else {
			rest = append(rest, v)
		}
	}
	return own, rest
}

// Details asks for private parts again.
func (n *Network) Details(ctx context.Context, r wallet.Reader, numbers []uint64) (map[uint64]consent.Detail, error) {
	found := map[uint64]consent.Detail{}
	for len(numbers) > 0 {
		chunk := numbers[:min(len(numbers), client.MaxDetailNumbers)]
		numbers = numbers[len(chunk):]
		details, err := withLog(ctx, n, r, func(c *client.Conn) ([]client.NumberedDetail, error) { return c.Details(ctx, chunk) })
		if err != nil {
			return nil, err
		}
		for _, d := range details {
			found[d.Number] = d.Detail
		}
	}
	return found, nil
}

// Await returns when the log may have more entries than size. One that is not
// open may be so in the next block.
func (n *Network) Await(ctx context.Context, r wallet.Reader, size uint64) error {
	_, err := withLog(ctx, n, r, func(c *client.Conn) (uint64, error) { return c.WaitLog(ctx, size) })
	if errors.Is(err, client.ErrForbidden) && size == 0 {
		newest, _ := n.light.Newest()
		_, err = withLog(ctx, n, r, func(c *client.Conn) (int64, error) { return c.WaitHeight(ctx, newest.Height+1) })
	}
	return err
}

// Header is the verified header of a height.
func (n *Network) Header(ctx context.Context, r wallet.Reader, height int64) (consent.Hash, error) {
	pool, err := n.logPool(ctx, r)
	if err != nil {
		return consent.Hash{}, err
	}
	h, err := n.light.At(ctx, held{pool}, height)
	if errors.Is(err, client.ErrPruned) || errors.Is(err, client.ErrNotFound) {
		return consent.Hash{}, wallet.ErrNoHeader
	}
	return h.Hash, named(err)
}

// Find asks an institution for the log of a TLS key; false is its proven
// absence.
func (n *Network) Find(ctx context.Context, r wallet.Reader) (consent.LogID, bool, error) {
	target, err := n.target(ctx, r.At)
	if err != nil {
		return consent.LogID{}, false, named(err)
	}
	pool := client.NewPool(target, &r.Cert)
	defer pool.Close()
	log, found, err := n.lookUp(ctx, held{pool}, r)
	return log, found, named(err)
}

// lookUp has proven which log a reader's key opens, if any.
func (n *Network) lookUp(ctx context.Context, source held, r wallet.Reader) (consent.LogID, bool, error) {
	key, err := keyOf(r)
	if err != nil {
		return consent.LogID{}, false, err
	}
	_, _, proven, err := n.light.Prove(ctx, source, [][]byte{consent.KeyUseKey(key)})
	if err != nil {
		return consent.LogID{}, false, err
	}
	raw, err := proven.Get(consent.KeyUseKey(key))
	if err != nil || raw == nil {
		return consent.LogID{}, false, err
	}
	use, err := consent.DecodeKeyUse(raw)
	return use.Log, err == nil, err
}

// ProofFile reads a whole log anew and returns it with its proof, as a file
// that anyone can check offline ([client.VerifyEvidence]).
func (n *Network) ProofFile(ctx context.Context, r wallet.Reader) ([]byte, error) {
	file, err := n.proofFile(ctx, r)
	return file, named(err)
}

func (n *Network) proofFile(ctx context.Context, r wallet.Reader) ([]byte, error) {
	pool, err := n.logPool(ctx, r)
	if err != nil {
		return nil, err
	}
	source := held{pool}
	whole, err := n.follow(ctx, source, r.Log, consent.Remembered{})
	if err != nil {
		return nil, err
	}
	details, err := n.open(ctx, source, whole)
	if err != nil {
		return nil, err
	}
	registry, err := n.known(ctx)
	if err != nil {
		return nil, err
	}
	file, _, err := n.light.ProofFile(ctx, source, registry, r.Log, details)
	return file, err
}
