package consent

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Anchor is what one must know of a network to believe nothing else: its id
// and the SHA-256 of its genesis file.
type Anchor struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Network NetworkID
	Genesis Hash
}

const anchorPrefix = "carekey-anchor:"

// String is the anchor as text to copy.
func (a Anchor) String() string {
	return anchorPrefix + base64.RawURLEncoding.EncodeToString(Encode(a))
}

// ParseAnchor reads the text form.
func ParseAnchor(text string) (Anchor, error) {
	var a Anchor
	if err := decodeText(text, anchorPrefix, 128, &a); err != nil {
		return Anchor{}, fmt.Errorf("anchor: %w", err)
	}
	if a.Version != 1 {
		return Anchor{}, fmt.Errorf("anchor version %d is not known", a.Version)
	}
	return a, nil
}

// decodeText reads prefix and base64url of canonical CBOR; white space inside,
// as line breaks of a mail leave it, is ignored.
func decodeText(text, prefix string, limit int, v any) error {
	if len(text) > 2*limit+len(prefix)+256 {
		return fmt.Errorf("the text is longer than %d bytes", limit)
	}
	text = strings.Join(strings.Fields(text), "")
	body, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return fmt.Errorf("the text does not begin with %q", prefix)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil {
		return errors.New("the text is damaged")
	}
	return Decode(raw, limit, v)
}

// InvitationLife is how long an enrolment ticket can be used. What it opens
// must be on the ledger by then, too.
const InvitationLife = 7 * 24 * time.Hour

// Invitation lets one person open one chart: the enrolment ticket is a bearer
// secret, used once, within seven days. It also anchors trust (protocol §7).
type Invitation struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // 1
	Anchor      Anchor
	Institution InstitutionID
	Name        string    // as shown before anything is proven
	TLS         PublicKey // of the gateway
	Addresses   []string
	Ticket      [32]byte // secret
	Expiry      Time
}

const invitationPrefix = "carekey-invitation:"

// Text is the invitation as text to hand over. It holds a secret.
func (i Invitation) Text() string {
	return invitationPrefix + base64.RawURLEncoding.EncodeToString(Encode(i))
}

// String hides the secret.
func (i Invitation) String() string { return "invitation by " + i.Name }

// ParseInvitation reads the text form.
func ParseInvitation(text string) (Invitation, error) {
	var i Invitation
	if err := decodeText(text, invitationPrefix, 4096, &i); err != nil {
		return Invitation{}, fmt.Errorf("invitation: %w", err)
	}
	switch {
	case i.Version != 1:
		return Invitation{}, fmt.Errorf("invitation version %d is not known", i.Version)
	case len(i.Addresses) == 0 || len(i.Addresses) > MaxAddresses:
		return Invitation{}, errors.New("the invitation names no address, or too many")
	case len(i.Name) > MaxNameBytes:
		return Invitation{}, errors.New("the invitation's name is too long")
	}
	return i, nil
}

// Enrolment is what the wallet sends to open a chart: the ticket and the keys,
// signed by the chart's new key ([ContextEnrol]) so that nobody enrols keys
// that are not his.
type Enrolment struct {
	_      struct{} `cbor:",toarray"`
	Ticket [32]byte
	Keys   ChartKeys
	Seal   string // the age recipient whose hash is in Keys
}

// String hides the ticket, which is a secret until it is used.
func (e Enrolment) String() string { return "enrolment of key " + e.Keys.Sign.ID().String() }

// Statement is what the chart's new key signs.
func (e Enrolment) Statement(chain string, log LogID) Statement {
	return Statement{Context: ContextEnrol, Chain: chain, Log: log, Body: Encode(e)}
}

// Cosigned is a gateway's word that it verified a header: the ledger key signs
// it ([ContextHeader], empty log id). Two different hashes at one height under
// one key convict the signer; two gateways' convict the ledger.
type Cosigned struct {
	_      struct{} `cbor:",toarray"`
	Height int64
	Hash   Hash
	Time   Time
}

// Statement is what the gateway signs.
func (c Cosigned) Statement(chain string) Statement {
	return Statement{Context: ContextHeader, Chain: chain, Body: Encode(c)}
}

// Cosignature is a [Cosigned] with its signer.
type Cosignature struct {
	_           struct{} `cbor:",toarray"`
	Institution InstitutionID
	Key         KeyID
	Cosigned    Cosigned
	Signature   Signature
}
