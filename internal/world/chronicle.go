package world

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"time"

	"carekey/consent"
	"carekey/fhir"
	"carekey/ledger"
	"carekey/wallet/keys"
)

// chronicle writes what happened before the world began: real transactions of
// real keys, judged by the real rules, in blocks with past times.
type chronicle struct {
	past    *ledger.Past
	genesis *consent.Genesis
	shelf   shelf
	members map[Role]*member
	agent   *keys.Agent
	charts  map[Role]*pastChart
	record  fhir.Bundle // what the hospital holds
	moved   *movedRecord
	link    *pastLink
	at      time.Time // of the last block
}

// movedRecord is what the past transfer brought to the heart clinic.
type movedRecord struct {
	bundle fhir.Bundle
	log    consent.LogID
	at     time.Time
}

// shelf takes the private part of an entry to an institution.
type shelf func(at Role, log consent.LogID, class consent.Class, d consent.Detail) error

// member is an institution as the chronicle needs it.
type member struct {
	id     consent.InstitutionID
	ledger consent.Signer
	seal   string // age recipient
	record string // the patient's record number there
}

// pastChart is the patient's chart at one institution.
type pastChart struct {
	log     consent.LogID
	keys    *keys.Chart
	opening consent.Hash // commitment of the opening's detail
}

// said is one entry to write.
type said struct {
	by      consent.SignerKind
	signer  consent.Signer
	role    Role // the institution, for its own entries
	log     consent.LogID
	class   consent.Class
	fields  any
	content consent.Content
	detail  *consent.Detail // instead of content
	keep    []Role          // whose shelves get the detail
}

// write commits entries as blocks of their own, a second apart, from t on (or
// just after the last block, if that was later), and returns their numbers.
func (c *chronicle) write(t time.Time, all ...said) ([]uint64, error) {
	if !t.After(c.at) {
		t = c.at.Add(time.Second)
	}
	numbers := make([]uint64, len(all))
	for i, s := range all {
		tx, err := c.sign(t, s)
		if err != nil {
			return nil, err
		}
		results, err := c.past.Write(t, tx)
		if err != nil {
			return nil, err
		}
		r := results[0]
		if r.Code != consent.CodeOK {
			return nil, fmt.Errorf("the past refuses %s at %s: %s", s.class, t.Format(time.DateTime), r.Text)
		}
		numbers[i] = r.Items[0].Number
		c.at, t = t, t.Add(time.Second)
	}
	return numbers, nil
}

// sign makes the transaction of one entry and shelves its detail first.
func (c *chronicle) sign(t time.Time, s said) ([]byte, error) {
	var commitment consent.Hash
	if s.content != nil {
		d, err := consent.NewDetail(s.content)
		if err != nil {
			return nil, err
		}
		s.detail = &d
	}
	if s.detail != nil {
		commitment = s.detail.Commitment(c.genesis.Network, s.log, s.class)
		for _, role := range s.keep {
			if err := c.shelf(role, s.log, s.class, *s.detail); err != nil {
				return nil, err
			}
		}
	}
	nonce, err := consent.NewNonce()
	if err != nil {
		return nil, err
	}
	a := consent.Author{
		Chain: c.genesis.Chain, Kind: s.by, Signer: s.signer, Log: s.log,
		Nonce: nonce, ValidUntil: consent.At(t).Add(time.Minute),
	}
	if s.by == consent.SignerInstitution {
		a.Institution = c.members[s.role].id
	}
	return consent.NewTx(a, consent.NewItem(s.log, s.class, s.fields, commitment))
}

// byPatient is an entry of the patient in her chart.
func (c *chronicle) byPatient(at Role, class consent.Class, fields any, content consent.Content) said {
	chart := c.charts[at]
	return said{
		by: consent.SignerPatient, signer: chart.keys.Signer, log: chart.log,
		class: class, fields: fields, content: content, keep: []Role{at},
	}
}

// byInstitution is an entry of an institution in the patient's chart there.
func (c *chronicle) byInstitution(at Role, class consent.Class, fields any, content consent.Content) said {
	return said{
		by: consent.SignerInstitution, signer: c.members[at].ledger, role: at, log: c.charts[at].log,
		class: class, fields: fields, content: content, keep: []Role{at},
	}
}

// says is a say of an institution.
func (c *chronicle) says(at Role, answers *uint64, due time.Duration, t time.Time, content consent.Content) said {
	f := consent.SayFields{Side: consent.SideInstitution, Answers: answers}
	if due > 0 {
		f.Due = consent.At(t.Add(due))
	}
	return c.byInstitution(at, consent.ClassSay, f, content)
}

// answers is a say of the patient about an entry.
func (c *chronicle) answers(at Role, about uint64, due time.Duration, t time.Time, content consent.Content) said {
	f := consent.SayFields{Side: consent.SidePatient, Answers: &about}
	if due > 0 {
		f.Due = consent.At(t.Add(due))
	}
	return c.byPatient(at, consent.ClassSay, f, content)
}

// open opens the patient's chart at an institution.
func (c *chronicle) open(at Role, t time.Time) error {
	m := c.members[at]
	k, err := c.agent.Chart(keys.ChartName{Master: c.agent.Current(), Network: c.genesis.Network, Institution: m.id})
	if err != nil {
		return err
	}
	log := consent.NewLogID(consent.ChartLog, c.genesis.Network, m.id, k.Keys().Sign)
	until := consent.At(t).Add(consent.InvitationLife)
	sponsor, err := m.ledger.Sign(consent.OpenStatement(c.genesis.Chain, log, k.Keys(), until))
	if err != nil {
		return err
	}
	opened, err := consent.NewDetail(&consent.Opened{Record: m.record, Identified: "passport shown at the admissions desk"})
	if err != nil {
		return err
	}
	c.charts[at] = &pastChart{log: log, keys: k, opening: opened.Commitment(c.genesis.Network, log, consent.ClassOpen)}
	entry := c.byPatient(at, consent.ClassOpen, consent.OpenFields{Keys: k.Keys(), Until: until, Sponsor: sponsor}, nil)
	entry.detail = &opened
	_, err = c.write(t, entry)
	return err
}

// onceKey is a key for one use, as institutions make them for transfers.
type onceKey struct{ key ed25519.PrivateKey }

func newOnceKey() (onceKey, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return onceKey{key}, err
}

// Public is the public half.
func (k onceKey) Public() consent.PublicKey {
	return consent.PublicKey(k.key.Public().(ed25519.PublicKey))
}

// Sign signs a statement.
func (k onceKey) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.key, s.Bytes())), nil
}
