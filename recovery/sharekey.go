package recovery

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"carekey/consent"
	"carekey/recovery/slip39"
)

// ShareKey is the signing key that lies in a share. It never leaves, and does not
// print.
type ShareKey struct {
	plan    PlanID
	private ed25519.PrivateKey
}

var _ consent.Signer = (*ShareKey)(nil)

// NewShareKey derives the key: an Ed25519 seed by HKDF-SHA256 (RFC 5869) from the
// packed share, with the plan's id as salt. A [*slip39.ShapeError] refuses a share
// without a value, whose key anybody could derive.
func NewShareKey(plan PlanID, share slip39.Share) (*ShareKey, error) {
	if err := share.Check(); err != nil {
		return nil, err
	}
	packed := share.Pack()
	defer clear(packed)
	seed, err := hkdf.Key(sha256.New, packed, plan[:], string(consent.Encode([]any{"carekey/share-key/1"})), ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("the share's key: %w", err)
	}
	defer clear(seed)
	return &ShareKey{plan: plan, private: ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the key's public half.
func (k *ShareKey) Public() consent.PublicKey {
	return consent.PublicKey(k.private.Public().(ed25519.PublicKey))
}

// Sign signs a statement.
func (k *ShareKey) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.private, s.Bytes())), nil
}

// Leaf is how the plan names the share.
func (k *ShareKey) Leaf() Leaf { return leafOf(k.plan, k.Public()) }

// Format keeps the key out of every way of printing.
func (k *ShareKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, "(key of a share)") }

// Wipe overwrites the key, which is of no use afterwards. What the standard library
// made of it to sign with is forgotten when the garbage collector comes by.
func (k *ShareKey) Wipe() { clear(k.private) }

// Leaf is the hash by which a plan names a share. It says nothing about the
// share.
type Leaf consent.Hash

func leafOf(plan PlanID, key consent.PublicKey) Leaf {
	return Leaf(consent.Sum(consent.Encode([]any{"carekey/share-leaf/1", plan, key})))
}

// Leaves are a plan's, by the shares' numbers: Leaves[group][member].
type Leaves [][]Leaf

// LeavesOf are those of all shares of a splitting.
func LeavesOf(plan PlanID, groups [][]slip39.Share) (Leaves, error) {
	all := make(Leaves, len(groups))
	for g, shares := range groups {
		for _, s := range shares {
			k, err := NewShareKey(plan, s)
			if err != nil {
				return nil, err
			}
			all[g] = append(all[g], k.Leaf())
			k.Wipe()
		}
	}
	return all, nil
}

// BadCardError names a card that the plan does not know.
type BadCardError struct {
	Place int          // in the list, from 0
	Share slip39.Share // what the card says to be
}

func (e *BadCardError) Error() string {
	return fmt.Sprintf("card %d is not genuine, or belongs to another plan: it says to be %v", e.Place+1, e.Share)
}

// Check looks at cards before they are put together: a [*BadCardError] names the
// first that the plan does not know.
func (l Leaves) Check(plan PlanID, shares []slip39.Share) error {
	for place, s := range shares {
		k, err := NewShareKey(plan, s)
		var shape *slip39.ShapeError
		switch {
		case errors.As(err, &shape):
			return &BadCardError{Place: place, Share: s}
		case err != nil:
			return err
		}
		genuine := l.has(s, k.Leaf())
		k.Wipe()
		if !genuine {
			return &BadCardError{Place: place, Share: s}
		}
	}
	return nil
}

func (l Leaves) has(s slip39.Share, leaf Leaf) bool {
	return s.Group < len(l) && s.Member < len(l[s.Group]) && l[s.Group][s.Member] == leaf
}

// Challenge is what a holder has to answer: 32 bytes that never came before.
type Challenge [32]byte

// Possession shows that somebody holds a share, without showing the share.
type Possession struct {
	_         struct{} `cbor:",toarray"`
	Key       consent.PublicKey
	Signature consent.Signature
}

// possession is what is signed.
type possession struct {
	_         struct{} `cbor:",toarray"`
	Plan      PlanID
	Challenge Challenge
}

func statement(plan PlanID, c Challenge) consent.Statement {
	return consent.Statement{Context: consent.ContextPossession, Body: consent.Encode(possession{Plan: plan, Challenge: c})}
}

// Prove answers a challenge.
func (k *ShareKey) Prove(c Challenge) (Possession, error) {
	sig, err := k.Sign(statement(k.plan, c))
	return Possession{Key: k.Public(), Signature: sig}, err
}

// ErrNoPossession means that an answer shows nothing.
var ErrNoPossession = errors.New("this does not show that somebody holds a card of this plan")

// Holder finds whose answer it is: the numbers of the group and the member, from
// 0. [ErrNoPossession] if the key is not one of the plan's, or the signature not
// of this challenge.
func (l Leaves) Holder(plan PlanID, c Challenge, p Possession) (group, member int, err error) {
	if statement(plan, c).Verify(p.Key, p.Signature) != nil {
		return 0, 0, ErrNoPossession
	}
	leaf := leafOf(plan, p.Key)
	for g, members := range l {
		for m, known := range members {
			if known == leaf {
				return g, m, nil
			}
		}
	}
	return 0, 0, ErrNoPossession
}
