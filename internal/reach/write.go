package reach

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"maps"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/wallet"
)

// patience is how long an institution may take to carry a transaction before
// others get the same bytes.
const patience = 5 * time.Second

// maxSaid bounds the details that wait for their entries to be read; one that is
// not here any more is asked for.
const maxSaid = 256

// others is how many more institutions get them.
const others = 2

// Submit hands bytes to the institution that reads the log and, if it does not
// carry them, to others without any key: at once where it is a stop, or where
// the same bytes were handed in before and are still not in the log.
func (n *Network) Submit(ctx context.Context, r wallet.Reader, tx []byte, stop bool) error {
	first, err := n.target(ctx, r.At)
	if err != nil {
		return named(err)
	}
	wait := patience
	if n.waited(consent.Sum(tx)) || stop {
		wait = 0
	}
	ahead := n.takeWay(place{r.Log, r.At})
	send := func(t client.Target) error {
		if ahead != nil && t.Expect.Institution == r.At {
			return ahead.carry(ctx, t, tx)
		}
		return carry(ctx, t, tx)
	}
	return deliver(ctx, send, first, n.rest(r.At), wait)
}

// waited tells whether bytes were handed in before and had the time to be
// carried: whoever said that it took them may not have done so.
func (n *Network) waited(tx consent.Hash) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.sent, func(_ consent.Hash, at time.Time) bool { return time.Since(at) > consent.MaxValidFor })
	at, before := n.sent[tx]
	if !before {
		n.sent[tx] = time.Now()
	}
	return before && time.Since(at) > patience
}

// carry hands bytes to a gateway on a connection for them alone: what two logs
// say never travels together, so that nobody can see that one person says both.
func carry(ctx context.Context, t client.Target, tx []byte) error {
	conn, err := client.Dial(ctx, t, nil)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Submit(ctx, tx)
}

// deliver sends to the first and, unless it says yes while one waits, to the
// rest. One yes is enough. A refusal is the word of one institution and no
// proof, so it stands only where nobody says yes and a second one says the same,
// or there is nobody else.
func deliver(ctx context.Context, send func(client.Target) error, first client.Target, rest []client.Target, wait time.Duration) error {
	answers := make(chan error, 1+len(rest))
	give := func(t client.Target) { answers <- send(t) }
	go give(first)
	silence := time.NewTimer(wait)
	defer silence.Stop()
	var failed, refused error
	refusals, asked := 0, 1
	for open := 1; open > 0; {
		select {
		case err := <-answers:
			var refusal *consent.Refusal
			switch {
			case err == nil:
				return nil
			case errors.As(err, &refusal):
				refused = worse(refused, refusal)
				refusals++
			default:
				failed = errors.Join(failed, err)
			}
			open--
		case <-silence.C:
		case <-ctx.Done():
			failed, open = errors.Join(failed, ctx.Err()), 0
			continue
		}
		for _, t := range rest {
			go give(t)
		}
		open, asked = open+len(rest), asked+len(rest)
		rest = nil
	}
	if refusals == asked || refusals > 1 {
		return refused
	}
	return failed
}

// worse is the refusal that stands of two: the one which says that the ledger
// has the transaction, else the first.
func worse(before error, now *consent.Refusal) error {
	if before == nil || now.Code == consent.CodeReplayed {
		return now
	}
	return before
}

// rest are other institutions' gateways.
func (n *Network) rest(than consent.InstitutionID) []client.Target {
	var rest []client.Target
	for _, t := range n.anywhere() {
		if t.Expect.Institution != than && len(rest) < others {
			rest = append(rest, t)
		}
	}
	return rest
}

// Give hands over the private part of an entry the patient writes, and keeps it
// until the entry is read: nobody need be asked for what the patient said.
func (n *Network) Give(ctx context.Context, r wallet.Reader, class consent.Class, d consent.Detail) error {
	n.mu.Lock()
	if len(n.said) >= maxSaid {
		clear(n.said)
	}
	n.said[d.Commitment(n.config.Anchor.Network, r.Log, class)] = d
	n.mu.Unlock()
	_, err := withLog(ctx, n, r, func(c *client.Conn) (struct{}, error) { return struct{}{}, c.PutDetail(ctx, d) })
	return err
}

// SourceKeys asks for one-time keys of the institution as a source.
func (n *Network) SourceKeys(ctx context.Context, r wallet.Reader) ([]consent.SignedSourceKey, error) {
	fetched, err := withLog(ctx, n, r, func(c *client.Conn) ([]consent.SignedSourceKey, error) {
		return c.SourceKeys(ctx, client.MaxSourceKeys)
	})
	if err != nil {
		return nil, err
	}
	registry, err := n.known(ctx)
	if err != nil {
		return nil, err
	}
	i, ok := registry.Institution(r.At)
	if !ok {
		return nil, errors.New("the institution is not in the network's registry")
	}
	for _, k := range fetched {
		if err := n.checkSourceKey(i, k); err != nil {
			return nil, err
		}
	}
	return fetched, nil
}

// checkSourceKey checks that the institution signed one of its own keys.
func (n *Network) checkSourceKey(i consent.Institution, k consent.SignedSourceKey) error {
	if k.Body.Source != i.ID || k.Body.Key.Check() != nil || consent.Sum([]byte(k.Body.Recipient)) != i.Seal {
		return errors.New("the institution gave a one-time key that is not its own")
	}
	for _, key := range i.Ledger {
		if k.Body.Statement(n.Chain()).Verify(key.Key, k.Signature) == nil {
			return nil
		}
	}
	return errors.New("the institution's one-time key is not signed by it")
}

// Hand gives an institution its parcel of an approved transfer.
func (n *Network) Hand(ctx context.Context, r wallet.Reader, p consent.Parcel) error {
	_, err := withLog(ctx, n, r, func(c *client.Conn) (struct{}, error) { return struct{}{}, c.PutParcel(ctx, p) })
	return err
}

// keyOf is the public half of a reader's TLS key.
func keyOf(r wallet.Reader) (consent.PublicKey, error) {
	signer, ok := r.Cert.PrivateKey.(crypto.Signer)
	if !ok {
		return consent.PublicKey{}, errors.New("the log's key cannot sign")
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return consent.PublicKey{}, errors.New("the log's key is not Ed25519")
	}
	return consent.PublicKey(public), nil
}
