package keys

import (
	"fmt"
	"log/slog"
	"strings"

	"filippo.io/age"

	"carekey/consent"
)

// identityPrefix begins the text form of age's hybrid identities (ML-KEM-768
// with X25519), which age makes from 32 bytes.
const identityPrefix = "AGE-SECRET-KEY-PQ-"

// Seal opens what was sealed to its recipient. It is an [age.Identity] that
// keeps its key to itself. Once made it opens without the agent.
type Seal struct {
	identity  *age.HybridIdentity
	recipient *age.HybridRecipient
}

var _ age.Identity = (*Seal)(nil)

func (a *Agent) seal(master MasterID, p path) (*Seal, error) {
	s, err := a.derive(master, p)
	if err != nil {
		return nil, err
	}
	defer clear(s[:])
	return newSeal(s)
}

// newSeal makes an identity from a seed by way of its text form, the only one
// age takes.
func newSeal(s seed) (*Seal, error) {
	text := strings.ToUpper(encodeBech32(strings.ToLower(identityPrefix), s[:]))
	id, err := age.ParseHybridIdentity(text)
	if err != nil {
		return nil, fmt.Errorf("make an age identity: %w", err)
	}
	return &Seal{identity: id, recipient: id.Recipient()}, nil
}

// Unwrap opens a file key; see [age.Identity].
func (s *Seal) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return s.identity.Unwrap(stanzas) }

// Recipient is the public half: what others seal to.
func (s *Seal) Recipient() age.Recipient { return s.recipient }

// RecipientText is the public half as text of 1,959 characters ("age1pq1…").
func (s *Seal) RecipientText() string { return s.recipient.String() }

// Hash is the SHA-256 of the recipient's text, as it stands on the ledger.
func (s *Seal) Hash() consent.Hash { return consent.Sum([]byte(s.RecipientText())) }

const hiddenSeal = "(seal)"

// String does not reveal the key.
func (s *Seal) String() string { return hiddenSeal }

// Format does not reveal the key, whatever the verb.
func (s *Seal) Format(f fmt.State, _ rune) { hide(f, hiddenSeal) }

// LogValue does not reveal the key.
func (s *Seal) LogValue() slog.Value { return slog.StringValue(hiddenSeal) }
