package consent

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/fxamacker/cbor/v2"
)

// MaxSentences limits what is shown and signed.
const MaxSentences = 64

func (*Opened) kind() contentKind          { return kindOpened }
func (*Request) kind() contentKind         { return kindRequest }
func (*Denial) kind() contentKind          { return kindDenial }
func (*Query) kind() contentKind           { return kindQuery }
func (*Answer) kind() contentKind          { return kindAnswer }
func (*Acknowledgement) kind() contentKind { return kindAcknowledgement }
func (*Blocking) kind() contentKind        { return kindBlock }
func (*Granted) kind() contentKind         { return kindGranted }
func (*Revoked) kind() contentKind         { return kindRevoked }
func (*Accessed) kind() contentKind        { return kindAccessed }
func (*Terms) kind() contentKind           { return kindTerms }
func (*Step) kind() contentKind            { return kindStep }
func (*Reason) kind() contentKind          { return kindReason }

func (*Opened) fits(c Class) bool          { return c == ClassOpen }
func (*Request) fits(c Class) bool         { return c == ClassSay }
func (*Denial) fits(c Class) bool          { return c == ClassSay }
func (*Query) fits(c Class) bool           { return c == ClassSay }
func (*Answer) fits(c Class) bool          { return c == ClassSay }
func (*Acknowledgement) fits(c Class) bool { return c == ClassSay }
func (*Blocking) fits(c Class) bool        { return c == ClassSay }
func (*Granted) fits(c Class) bool         { return c == ClassGrant }
func (*Revoked) fits(c Class) bool         { return c == ClassRevoke }
func (*Accessed) fits(c Class) bool        { return c == ClassAccess }
func (*Terms) fits(c Class) bool           { return c == ClassTransferOpen }
func (*Step) fits(c Class) bool {
	return c >= ClassCollect && c <= ClassUndelivered
}
func (*Reason) fits(c Class) bool {
	return c == ClassStop || c == ClassRotate || c == ClassFreeze || c == ClassClose
}

func newContent(k contentKind) (Content, error) {
	switch k {
	case kindOpened:
		return new(Opened), nil
	case kindRequest:
		return new(Request), nil
	case kindDenial:
		return new(Denial), nil
	case kindQuery:
		return new(Query), nil
	case kindAnswer:
		return new(Answer), nil
	case kindAcknowledgement:
		return new(Acknowledgement), nil
	case kindBlock:
		return new(Blocking), nil
	case kindGranted:
		return new(Granted), nil
	case kindRevoked:
		return new(Revoked), nil
	case kindAccessed:
		return new(Accessed), nil
	case kindTerms:
		return new(Terms), nil
	case kindStep:
		return new(Step), nil
	case kindReason:
		return new(Reason), nil
	}
	return nil, fmt.Errorf("private part of kind %d is not known", k)
}

type envelope struct {
	_    struct{} `cbor:",toarray"`
	Kind contentKind
	Body cbor.RawMessage
}

// EncodeContent returns the canonical bytes of c: CBOR [kind, body].
func EncodeContent(c Content) []byte {
	return Encode(envelope{Kind: c.kind(), Body: Encode(c)})
}

// DecodeContent reads and checks a content.
func DecodeContent(b []byte) (Content, error) {
	var e envelope
	if err := Decode(b, MaxDetailBytes, &e); err != nil {
		return nil, fmt.Errorf("private part: %w", err)
	}
	c, err := newContent(e.Kind)
	if err != nil {
		return nil, err
	}
	if err := Decode(e.Body, MaxDetailBytes, c); err != nil {
		return nil, fmt.Errorf("private part: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("private part: %w", err)
	}
	return c, nil
}

func checkTexts(texts ...string) error {
	for _, t := range texts {
		if len(t) > MaxTextBytes {
			return fmt.Errorf("a text has more than %d bytes", MaxTextBytes)
		}
	}
	return nil
}

// check refuses names that could disturb a signed sentence: they are on one
// line, without characters that control or reorder it.
func (p Person) check() error {
	for _, name := range []string{p.Name, p.Role} {
		if len(name) > MaxNameBytes {
			return fmt.Errorf("a name has more than %d bytes", MaxNameBytes)
		}
		if strings.ContainsFunc(name, disturbs) {
			return errors.New("a name holds characters that cannot be read")
		}
	}
	return nil
}

func disturbs(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r)
}

func (o *Opened) check() error          { return checkTexts(o.Record, o.Identified) }
func (d *Denial) check() error          { return checkTexts(d.Reason) }
func (q *Query) check() error           { return checkTexts(q.Text) }
func (a *Acknowledgement) check() error { return checkTexts(a.Text) }
func (*Blocking) check() error          { return nil }
func (r *Revoked) check() error         { return checkTexts(r.Reason) }
func (r *Reason) check() error          { return checkTexts(r.Text) }
func (a *Answer) check() error          { return errors.Join(checkTexts(a.Text), a.By.check()) }

func (r *Request) check() error {
	if r.Kind != Look && r.Kind != Move {
		return fmt.Errorf("request kind %d is not known", r.Kind)
	}
	if (r.Kind == Move) != (r.Ticket != nil) || (r.Ticket != nil) != (r.Proof != nil) {
		return errors.New("a request to move records carries a ticket, no other does")
	}
	if !r.KeptUntil.Valid() {
		return errors.New("invalid date")
	}
	return errors.Join(checkTexts(r.Why), r.By.check(), r.Purpose.check(), r.Scope.Check())
}

func (p Purpose) check() error {
	if p < PurposeTreatment || p >= purposeEnd {
		return fmt.Errorf("purpose %d is not known", p)
	}
	return nil
}

func checkSentences(sentences []string) error {
	if len(sentences) > MaxSentences {
		return errors.New("too many sentences")
	}
	return checkTexts(sentences...)
}

func (g *Granted) check() error {
	return errors.Join(g.By.check(), g.Purpose.check(), g.Scope.Check(), checkSentences(g.Sentences))
}

func (t *Terms) check() error {
	if !t.KeptUntil.Valid() {
		return errors.New("invalid date")
	}
	return errors.Join(t.By.check(), t.Purpose.check(), t.Scope.Check(), checkSentences(t.Sentences))
}

func (a *Accessed) check() error {
	if a.Basis < BasisCare || a.Basis >= basisEnd {
		return fmt.Errorf("basis %d is not known", a.Basis)
	}
	if (a.Basis == BasisTransfer) != (a.Transfer != nil) {
		return errors.New("an access names a transfer if and only if that is its basis")
	}
	return errors.Join(checkTexts(a.Late), a.By.check(), a.Purpose.check(),
		checkSet(a.Types, RecordType.Known, "record type"))
}

func (s *Step) check() error {
	if s.Verdict < VerdictOK || s.Verdict >= verdictEnd {
		return fmt.Errorf("verdict %d is not known", s.Verdict)
	}
	return checkTexts(s.Text)
}
