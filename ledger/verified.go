package ledger

import (
	"crypto/sha256"
	"sync"

	"carekey/consent"
)

// maxVerified is how many signatures one generation remembers.
const maxVerified = 100_000

// verified remembers signatures that this node has verified itself, so that
// one checked when its transaction came need not be checked again in its
// block. Only successes are remembered.
type verified struct {
	mu       sync.Mutex
	now, old map[[sha256.Size]byte]struct{}
}

func newVerified() *verified {
	return &verified{now: map[[sha256.Size]byte]struct{}{}}
}

// verify is a [consent.VerifyFunc].
func (v *verified) verify(key consent.PublicKey, s consent.Statement, sig consent.Signature) error {
	id := signatureID(key, s, sig)
	if v.knows(id) {
		return nil
	}
	if err := s.Verify(key, sig); err != nil {
		return err
	}
	v.add(id)
	return nil
}

// signatureID names exactly what was verified: the parts before the statement
// have fixed sizes.
func signatureID(key consent.PublicKey, s consent.Statement, sig consent.Signature) [sha256.Size]byte {
	bytes := s.Bytes()
	id := make([]byte, 0, len(key)+len(sig)+len(bytes))
	id = append(append(append(id, key[:]...), sig[:]...), bytes...)
	return sha256.Sum256(id)
}

func (v *verified) knows(id [sha256.Size]byte) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, now := v.now[id]
	_, old := v.old[id]
	return now || old
}

func (v *verified) add(id [sha256.Size]byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.now) >= maxVerified {
		v.old, v.now = v.now, map[[sha256.Size]byte]struct{}{}
	}
	v.now[id] = struct{}{}
}
