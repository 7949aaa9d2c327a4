package gateway

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"filippo.io/age"

	"carekey/client"
	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway/store"
)

func TestOfferIsChecked(t *testing.T) {
	h := newFakeHouse(t)
	source := newPatientKey(t)
	manifest := consent.Encode(fhir.Manifest{Kept: []fhir.Count{{Type: consent.Medicines, Count: 1}}})
	a := &arrival{
		Gateway: h.Gateway, use: &store.Use{UseID: store.UseID{Transfer: consent.LogID{4}, Use: 1}},
		in: incoming{Core: consent.Core{Use: 1}},
		at: transferAt{Head: &consent.Head{Transfer: &consent.Transfer{Source: source.Public()}}},
	}
	good := func() consent.Offer {
		return consent.Offer{Core: a.in.Core.Hash(), Size: 10, Manifest: consent.Sum(manifest)}
	}
	check := func(o consent.Offer, manifest []byte, by ledgerKey) error {
		sig, err := by.Sign(o.Statement(h.genesis.Chain, a.use.Transfer))
		if err != nil {
			t.Fatal(err)
		}
		return a.checkOffer(client.TransferOffer{Offer: o, Signature: sig, Manifest: manifest})
	}
	if err := check(good(), manifest, source); err != nil {
		t.Fatal(err)
	}
	if err := check(good(), manifest, newPatientKey(t)); err == nil {
		t.Error("another key's offer was taken")
	}
	if err := check(good(), consent.Encode(fhir.Manifest{}), source); err == nil {
		t.Error("another manifest was taken")
	}
	bad := []byte{0x80}
	for name, change := range map[string]func(*consent.Offer){
		"another request": func(o *consent.Offer) { o.Core[0] ^= 1 },
		"nothing":         func(o *consent.Offer) { o.Size = 0 },
		"too much":        func(o *consent.Offer) { o.Size = maxBundleBytes + 1 },
	} {
		o := good()
		change(&o)
		if err := check(o, manifest, source); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	o := good()
	o.Manifest = consent.Sum(bad)
	if err := check(o, bad, source); err == nil {
		t.Error("a manifest that cannot be read was taken")
	}
}

func FuzzManifest(f *testing.F) {
	f.Add(consent.Encode(fhir.Manifest{}))
	f.Add(consent.Encode(fhir.Manifest{Kept: []fhir.Count{{Type: consent.Medicines, Count: 3}}, Bytes: 10}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decodeManifest(b)
		if err == nil && string(consent.Encode(m)) != string(b) {
			t.Error("decode then encode is not the identity")
		}
		if err != nil && keptTypes(b) != nil {
			t.Error("types of what cannot be read")
		}
	})
}

func FuzzAdminRequest(f *testing.F) {
	f.Add([]byte(`{"version":1,"invite":{"record":"1"}}`))
	f.Add([]byte(`{"version":1,"request":{"record":"1","kind":2,"by":{"name":"A","role":"B"},"purpose":1,"why":"x","scope":{"types":["medicines"],"from":"","to":"","sensitive":[]},"from":"0000000000000000000000000000000000000000000000000000000000000000","kept_until":"","uses":1,"for":1,"answer":1}}`))
	f.Add([]byte(`{"version":1,"look":{"record":"1","by":{},"purpose":1,"types":["allergies"],"basis":1,"grant":7}}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeAdminRequest(bytes.NewReader(b))
		if err == nil && r.Version != 1 {
			t.Error("another version was read")
		}
	})
}

func FuzzUseState(f *testing.F) {
	f.Add(consent.Encode(incoming{}))
	f.Add(consent.Encode(outgoing{}))
	f.Add(consent.Encode(incoming{Identity: "x", Verdict: consent.VerdictOK, Text: "y"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		var in incoming
		if err := consent.Decode(b, maxUseState, &in); err == nil && string(consent.Encode(in)) != string(b) {
			t.Error("decode then encode is not the identity")
		}
		var out outgoing
		if err := consent.Decode(b, maxUseState, &out); err == nil && string(consent.Encode(out)) != string(b) {
			t.Error("decode then encode is not the identity")
		}
	})
}

// FuzzProven: what a proof gives is read as what it is, and absence as nothing.
func FuzzProven(f *testing.F) {
	f.Add(consent.Encode(consent.Institution{Name: "Clinic"}))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := decode(b, decodeInstitution)
		if (i == nil) != (err != nil || b == nil) {
			t.Errorf("%x is %v, %v", b, i, err)
		}
		if i != nil && string(consent.Encode(*i)) != string(b) {
			t.Error("decode then encode is not the identity")
		}
	})
}

// TestWhatArrivedIsCounted: a source that sends more than the terms allow, or
// than its list says, brings in no more, and the patient sees what was filed.
func TestWhatArrivedIsCounted(t *testing.T) {
	h := newFakeHouse(t)
	once, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	sent := `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"p"}},` +
		`{"resource":{"resourceType":"MedicationRequest","id":"m","subject":{"reference":"Patient/p"}}},` +
		`{"resource":{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p"}}},` +
		`{"resource":{"resourceType":"Horoscope","id":"h"}}]}`
	list := func(medicines uint32) []byte {
		return consent.Encode(fhir.Manifest{Kept: []fhir.Count{{Type: consent.Medicines, Count: medicines}}})
	}
	a := &arrival{
		Gateway: h.Gateway, use: &store.Use{UseID: store.UseID{Transfer: consent.LogID{5}, Side: store.Destination, Use: 1}},
		in:    incoming{Identity: once.String()},
		terms: &consent.Terms{Scope: consent.Scope{Types: []consent.RecordType{consent.Medicines}}},
	}
	arrives := func(b []byte) {
		t.Helper()
		if err := h.store.WriteBundle(a.use.UseID, func(w io.Writer) error { _, err := w.Write(b); return err }); err != nil {
			t.Fatal(err)
		}
	}
	sealed, err := sealTo(once.Recipient().String(), []byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	arrives(sealed)
	outline, manifest, err := a.open()
	if err != nil || manifest.Records() != 1 || len(outline.Patients()) != 1 {
		t.Fatalf("%+v, %v", manifest, err)
	}
	a.in.Manifest = list(1)
	if why := a.counted(manifest); why != "" || !bytes.Equal(a.in.Manifest, list(1)) {
		t.Errorf("an honest list was changed: %q", why)
	}
	a.in.Manifest = list(2)
	if why := a.counted(manifest); why == "" {
		t.Error("nobody counted")
	}
	shown, err := decodeManifest(a.in.Manifest)
	if err != nil || shown.Records() != 1 || len(shown.Omitted) != 2 {
		t.Errorf("the patient is shown %+v, %v", shown, err)
	}
	arrives(sealed[:len(sealed)-1])
	if _, _, err := a.open(); !errors.Is(err, errUnreadable) {
		t.Errorf("half a bundle: %v", err)
	}
	arrives([]byte("no age file"))
	if _, _, err := a.open(); !errors.Is(err, errUnreadable) {
		t.Errorf("something else: %v", err)
	}
}
