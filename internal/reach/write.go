package reach

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"errors"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/wallet"
)

// patience is how long an institution may take to carry a transaction before
// others get the same bytes.
const patience = 5 * time.Second

// others is how many more institutions get them.
const others = 2

// Submit hands bytes to the institution that reads the log and, if it does not
// take them, to others without any key. A stop goes to all of them at once.
func (n *Network) Submit(ctx context.Context, r wallet.Reader, tx []byte, stop bool) error {
	first, err := n.target(ctx, r.At)
	if err != nil {
		return err
	}
	targets := append([]client.Target{first}, n.rest(r.At)...)
	answers := make(chan error, len(targets))
	give := func(t client.Target) { answers <- carry(ctx, t, tx) }
	go give(first)
	asked := 1
	if stop {
		for _, t := range targets[1:] {
			go give(t)
		}
		asked = len(targets)
	}
	return n.accepted(ctx, answers, targets, asked, give)
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

// accepted waits for the first yes, or for the ledger's no; whoever is silent
// or unreachable is passed over for the next.
func (n *Network) accepted(ctx context.Context, answers <-chan error, targets []client.Target, asked int, give func(client.Target)) error {
	silence := time.NewTimer(patience)
	defer silence.Stop()
	var failed error
	for done := 0; ; {
		select {
		case err := <-answers:
			done++
			var refusal *consent.Refusal
			if err == nil || errors.As(err, &refusal) {
				return err
			}
			failed = errors.Join(failed, err)
			if done == asked && asked == len(targets) {
				return failed
			}
		case <-silence.C:
		case <-ctx.Done():
			return errors.Join(failed, ctx.Err())
		}
		if asked < len(targets) {
			go give(targets[asked])
			asked++
			silence.Reset(patience)
		}
	}
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

// Give hands over the private part of an entry the patient writes.
func (n *Network) Give(ctx context.Context, r wallet.Reader, _ consent.Class, d consent.Detail) error {
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
