package keys

import (
	"crypto/ed25519"
	"fmt"
	"log/slog"

	"carekey/consent"
)

// handle is what signing and TLS keys share: where the key comes from.
type handle struct {
	agent  *Agent
	master MasterID
	path   path
	public consent.PublicKey
}

func (a *Agent) handle(master MasterID, p path) (handle, error) {
	h := handle{agent: a, master: master, path: p}
	err := h.use(func(k ed25519.PrivateKey) error {
		h.public = consent.PublicKey(k.Public().(ed25519.PublicKey))
		return nil
	})
	return h, err
}

// use derives the key, lends it to f and clears it.
func (h handle) use(f func(ed25519.PrivateKey) error) error {
	s, err := h.agent.derive(h.master, h.path)
	if err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(s[:])
	defer clear(key)
	clear(s[:])
	return f(key)
}

const hiddenKey = "(private key)"

// String does not reveal a secret.
func (h handle) String() string { return hiddenKey }

// Format does not reveal a secret, whatever the verb.
func (h handle) Format(f fmt.State, _ rune) { hide(f, hiddenKey) }

// LogValue does not reveal a secret.
func (h handle) LogValue() slog.Value { return slog.StringValue(hiddenKey) }

// statementKey signs typed statements and nothing else.
type statementKey struct{ handle }

var _ consent.Signer = statementKey{}

func (a *Agent) signer(master MasterID, p path) (statementKey, error) {
	h, err := a.handle(master, p)
	return statementKey{h}, err
}

// Public is the public half.
func (k statementKey) Public() consent.PublicKey { return k.public }

// Sign signs the statement's canonical bytes. It fails with [ErrNoMaster] once
// the agent is closed.
func (k statementKey) Sign(s consent.Statement) (consent.Signature, error) {
	var sig consent.Signature
	err := k.use(func(key ed25519.PrivateKey) error {
		copy(sig[:], ed25519.Sign(key, s.Bytes()))
		return nil
	})
	return sig, err
}
