package gateway

import (
	"testing"

	"carekey/consent"
	"carekey/gateway/store"
)

func TestParcelIsChecked(t *testing.T) {
	h := newFakeHouse(t)
	sign := newPatientKey(t)
	other := consent.InstitutionID{7}
	transfer := consent.LogID{5}
	terms, err := consent.NewDetail(&consent.Terms{
		Source: h.config.Institution, Destination: other, Purpose: consent.PurposeTreatment,
		Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines}},
	})
	if err != nil {
		t.Fatal(err)
	}
	chart := followed{
		Chart: store.Chart{Log: consent.LogID{3}}, Tip: consent.Tip{Time: 100},
		Head: &consent.Head{Chart: &consent.Chart{Keys: consent.ChartKeys{Sign: sign.Public()}}},
	}
	good := func() consent.TransferLink {
		return consent.TransferLink{
			Transfer: transfer, Expiry: 200, Terms: terms.Commitment(h.genesis.Network, transfer, consent.ClassTransferOpen),
			Source: consent.SignedSourceKey{Body: consent.SourceKey{Source: h.config.Institution}},
			Ticket: consent.SignedTicket{Body: consent.SponsorTicket{Sponsor: other}},
		}
	}
	check := func(l consent.TransferLink, by ledgerKey) error {
		sig, err := by.Sign(l.Statement(h.genesis.Chain, chart.Log))
		if err != nil {
			t.Fatal(err)
		}
		return h.checkParcel(consent.Parcel{Link: consent.SignedLink{Chart: chart.Log, Body: l, Signature: sig}, Terms: terms}, chart)
	}
	if err := check(good(), sign); err != nil {
		t.Fatal(err)
	}
	if err := check(good(), newPatientKey(t)); err == nil {
		t.Error("another key's link was taken")
	}
	for name, change := range map[string]func(*consent.TransferLink){
		"expired":             func(l *consent.TransferLink) { l.Expiry = 100 },
		"other terms":         func(l *consent.TransferLink) { l.Terms[0] ^= 1 },
		"another transfer":    func(l *consent.TransferLink) { l.Transfer[0] ^= 1 },
		"another source":      func(l *consent.TransferLink) { l.Source.Body.Source[0] ^= 1 },
		"another destination": func(l *consent.TransferLink) { l.Ticket.Body.Sponsor[0] ^= 1 },
	} {
		l := good()
		change(&l)
		if err := check(l, sign); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestKeysOfOtherChartsOpenNoTransfer(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	keys, err := h.SourceKeys(t.Context(), log, 2)
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if keys[0].Body.Statement(h.genesis.Chain).Verify(h.config.Keys.Ledger.Public(), keys[0].Signature) != nil {
		t.Error("the statement of a source key is not signed")
	}
	link := func(chart consent.LogID, key consent.SignedSourceKey) error {
		l := store.Link{Signed: consent.SignedLink{Chart: chart, Body: consent.TransferLink{Transfer: consent.LogID{1}, Source: key}}}
		return h.store.Update(t.Context(), func(tx *store.Tx) error { return h.takeKey(tx, &l, store.Source) })
	}
	if err := link(consent.LogID{8}, keys[0]); err == nil {
		t.Error("a key given to one chart served another")
	}
	if err := link(log, consent.SignedSourceKey{Body: consent.SourceKey{Key: consent.PublicKey{1}}}); err == nil {
		t.Error("a key that was never given served")
	}
	if err := link(log, keys[0]); err != nil {
		t.Error(err)
	}
	if err := link(log, keys[0]); err == nil {
		t.Error("a key served twice") // the link that took it was not kept
	}
}

func TestSourceKeysAreLimited(t *testing.T) {
	h := newFakeHouse(t)
	log := h.patient("1")
	var first, last consent.PublicKey
	for i := range 10 {
		keys, err := h.SourceKeys(t.Context(), log, 200)
		if err != nil || len(keys) != maxSourceKeys {
			t.Fatalf("%d keys, %v", len(keys), err)
		}
		if i == 0 {
			first = keys[0].Body.Key
		}
		last = keys[0].Body.Key
		if _, err := h.ledger.Wait(t.Context(), int64(10*(i+1))); err != nil {
			t.Fatal(err)
		}
	}
	err := h.store.View(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.SourceKey(first); !store.IsNotFound(err) {
			t.Errorf("old keys pile up: %v", err)
		}
		_, err := tx.SourceKey(last)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
