package consent_test

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"carekey/consent"
)

func anchor() consent.Anchor {
	return consent.Anchor{Version: 1, Network: consent.NetworkID{1}, Genesis: consent.Hash{2}}
}

func invitation() consent.Invitation {
	return consent.Invitation{
		Version: 1, Anchor: anchor(), Institution: consent.InstitutionID{3}, Name: "City Hospital",
		TLS: newKey("tls").Public(), Addresses: []string{"127.0.0.1:7001"}, Ticket: [32]byte{4}, Expiry: 5,
	}
}

func core() consent.Core {
	return consent.Core{
		Transfer: consent.LogID{1}, Use: 1, Scope: scope(), Recipient: "age1pq1xyz",
		Demographics: []byte("sealed"), Link: []byte("sealed too"),
	}
}

func TestAnchorText(t *testing.T) {
	text := anchor().String()
	broken := text[:20] + "\n  " + text[20:40] + "\r\n" + text[40:] + " "
	for _, text := range []string{text, broken} {
		if a, err := consent.ParseAnchor(text); err != nil || a != anchor() {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
	}
	other := anchor()
	other.Version = 2
	last := text[:len(text)-1]
	for what, bad := range map[string]string{
		"nothing":            "",
		"no prefix":          strings.TrimPrefix(text, "carekey-anchor:"),
		"another prefix":     "carekey-invitation:" + strings.TrimPrefix(text, "carekey-anchor:"),
		"a letter less":      last,
		"padding":            text + "=",
		"standard base64":    text[:20] + "+" + text[21:],
		"version 2":          other.String(),
		"too long":           text + strings.Repeat(" ", 2000),
		"other bytes inside": "carekey-anchor:" + base64.RawURLEncoding.EncodeToString([]byte("hello")),
		"more inside":        "carekey-anchor:" + base64.RawURLEncoding.EncodeToString(append(consent.Encode(anchor()), 0)),
	} {
		if a, err := consent.ParseAnchor(bad); err == nil {
			t.Errorf("%s was read: %+v", what, a)
		}
	}
}

func TestInvitationText(t *testing.T) {
	i := invitation()
	if got, err := consent.ParseInvitation(i.Text()); err != nil || !reflect.DeepEqual(got, i) {
		t.Errorf("%+v, %v", got, err)
	}
	for what, change := range map[string]func(*consent.Invitation){
		"version 0":      func(i *consent.Invitation) { i.Version = 0 },
		"version 2":      func(i *consent.Invitation) { i.Version = 2 },
		"no address":     func(i *consent.Invitation) { i.Addresses = nil },
		"nine addresses": func(i *consent.Invitation) { i.Addresses = make([]string, 9) },
		"a long name":    func(i *consent.Invitation) { i.Name = strings.Repeat("x", consent.MaxNameBytes+1) },
		"oversized":      func(i *consent.Invitation) { i.Addresses = []string{strings.Repeat("x", 5000)} },
	} {
		bad := invitation()
		change(&bad)
		if got, err := consent.ParseInvitation(bad.Text()); err == nil {
			t.Errorf("%s was read: %+v", what, got)
		}
	}
}

func TestInvitationHidesItsSecret(t *testing.T) {
	i := invitation()
	secret := i.Text()[60:]
	for _, text := range []string{i.String(), fmt.Sprint(i), fmt.Sprintf("%v %+v %s", i, i, i)} {
		if strings.Contains(text, secret) || strings.Contains(text, fmt.Sprint(i.Ticket)) {
			t.Errorf("%q holds the ticket", text)
		}
	}
}

func TestCores(t *testing.T) {
	if c, err := consent.DecodeCore(consent.Encode(core())); err != nil || c.Hash() != core().Hash() {
		t.Errorf("%+v, %v", c, err)
	}
	for what, change := range map[string]func(*consent.Core){
		"use 0":            func(c *consent.Core) { c.Use = 0 },
		"a long recipient": func(c *consent.Core) { c.Recipient = strings.Repeat("x", 4097) },
		"no scope":         func(c *consent.Core) { c.Scope.Types = nil },
		"oversized":        func(c *consent.Core) { c.Link = make([]byte, consent.MaxCoreBytes) },
	} {
		bad := core()
		change(&bad)
		if _, err := consent.DecodeCore(consent.Encode(bad)); err == nil {
			t.Errorf("%s was read", what)
		}
		if bad.Hash() == core().Hash() {
			t.Errorf("%s has the same hash", what)
		}
	}
}

func TestPagesAndProofsOutOfTheirLimits(t *testing.T) {
	for what, p := range map[string]consent.StateProof{
		"of nothing":   {Height: 1},
		"at height 0":  {Keys: []consent.ProvenKey{{}}},
		"below zero":   {Height: -1, Keys: []consent.ProvenKey{{}}},
		"that is huge": {Height: 1, Keys: []consent.ProvenKey{{Proof: make([]byte, 1<<20)}}},
	} {
		if _, err := consent.DecodeStateProof(consent.Encode(p)); err == nil {
			t.Errorf("a state proof %s was read", what)
		}
	}
	if _, err := consent.DecodeParcel(consent.Encode(consent.Parcel{Carry: make([]byte, consent.MaxParcelBytes)})); err == nil {
		t.Error("an oversized parcel was read")
	}
}

func TestEntriesAndHeadsOutOfTheirShape(t *testing.T) {
	y := newYear(t)
	leaf := y.leaves[y.ann.LogID][1]
	good, item, err := consent.DecodeEntry(leaf)
	if err != nil {
		t.Fatal(err)
	}
	otherLog := item
	otherLog.Log[0] ^= 1
	for what, change := range map[string]func(*consent.Entry){
		"version 0":           func(e *consent.Entry) { e.Version = 0 },
		"version 2":           func(e *consent.Entry) { e.Version = 2 },
		"another log's item":  func(e *consent.Entry) { e.Item = consent.Encode(otherLog) },
		"an item of garbage":  func(e *consent.Entry) { e.Item = []byte{0xff} },
		"an item of class 99": func(e *consent.Entry) { e.Item = consent.Encode(consent.Item{Log: e.Log, Class: 99}) },
	} {
		bad := good
		change(&bad)
		if _, _, err := consent.DecodeEntry(consent.Encode(bad)); err == nil {
			t.Errorf("an entry with %s was read", what)
		}
	}
	head := y.head(y.ann.LogID)
	transferHead := y.head(y.tr.LogID)
	for what, change := range map[string]func(*consent.Head){
		"version 0":               func(h *consent.Head) { h.Version = 0 },
		"version 2":               func(h *consent.Head) { h.Version = 2 },
		"a tree of another shape": func(h *consent.Head) { h.Tree.Roots = h.Tree.Roots[1:] },
		"no chart":                func(h *consent.Head) { h.Chart = nil },
		"the kind of a transfer":  func(h *consent.Head) { h.Kind = consent.TransferLog },
		"the kind of a registry":  func(h *consent.Head) { h.Kind = consent.RegistryLog },
		"a transfer too":          func(h *consent.Head) { h.Transfer = transferHead.Transfer },
	} {
		bad := head
		change(&bad)
		if _, err := consent.DecodeHead(consent.Encode(bad)); err == nil {
			t.Errorf("a head with %s was read", what)
		}
	}
	transferHead.Transfer = nil
	if _, err := consent.DecodeHead(consent.Encode(transferHead)); err == nil {
		t.Error("a transfer's head without a transfer was read")
	}
}
