package consent_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// header is what the hand would sign over the items, whatever they are.
func (h hand) header(items ...[]byte) consent.Header {
	leaves := make([]consent.Hash, len(items))
	for i, item := range items {
		leaves[i] = consent.LeafHash(item)
	}
	id := consent.Hash(h.Log)
	if h.Kind == consent.SignerInstitution {
		id = consent.Hash(h.Institution)
	}
	return consent.Header{
		Version: 1, Kind: h.Kind, Signer: id, Key: h.Signer.Public().ID(), Nonce: h.Nonce,
		ValidUntil: h.ValidUntil, N: uint32(len(items)), Root: consent.TreeRoot(leaves),
	}
}

// seals signs a header as it is, right or wrong.
func (h hand) seals(header consent.Header, items ...[]byte) []byte {
	raw := consent.Encode(header)
	sig, err := h.Signer.Sign(header.Statement(h.Chain, raw))
	if err != nil {
		h.n.Fatal(err)
	}
	return consent.Encode(consent.Tx{Header: raw, Signature: sig, Items: items})
}

func TestTransactionIsBoundToItsChain(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	for _, chain := range []string{"carekey-test-2", "", chainName + "\x00"} {
		h := n.As(c)
		h.Chain = chain
		n.refuses(consent.CodeSignature, h.signs(c.says(consent.SidePatient)))
	}
	n.As(c).may(c.says(consent.SidePatient))
}

func TestTransactionIsBoundToItsLog(t *testing.T) {
	n := newNetwork(t)
	ann, bob := n.chart("ann", n.hospital), n.chart("bob", n.hospital)
	tr := n.transfer("move", 1)

	n.As(ann).mayNot(consent.CodeParty, bob.says(consent.SidePatient)) // her log's header, his item
	thief := n.As(bob)
	thief.Signer = ann.sign
	thief.mayNot(consent.CodeSignature, bob.says(consent.SidePatient)) // his log's header, her key
	stray := n.As(tr)
	stray.mayNot(consent.CodeParty, ann.says(consent.SidePatient))
	stray = n.As(tr.S())
	stray.mayNot(consent.CodeParty, ann.looks())

	header := n.As(ann).header(consent.Encode(ann.says(consent.SidePatient)))
	raw := consent.Encode(header)
	other := consent.Statement{Context: consent.ContextTransaction, Chain: chainName, Log: bob.LogID, Body: raw}
	n.refuses(consent.CodeSignature, consent.Encode(consent.Tx{
		Header: raw, Signature: ann.sign.sign(other), Items: [][]byte{consent.Encode(ann.says(consent.SidePatient))},
	}))
}

func TestSignatureMustBeATransactions(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	item := consent.Encode(c.says(consent.SidePatient))
	raw := consent.Encode(n.As(c).header(item))
	for _, context := range []consent.Context{
		consent.ContextOpen, consent.ContextRotate, consent.ContextHeader, consent.ContextSession,
		consent.ContextSourceKey, consent.ContextSponsor, consent.ContextDestination,
		consent.ContextLink, consent.ContextOffer, consent.ContextEnrol, consent.ContextTip,
		consent.ContextUndelivered, "",
	} {
		s := consent.Statement{Context: context, Chain: chainName, Log: c.LogID, Body: raw}
		n.refuses(consent.CodeSignature, consent.Encode(consent.Tx{Header: raw, Signature: c.sign.sign(s), Items: [][]byte{item}}))
	}
}

func TestEveryBitOfATransactionIsSigned(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	tx := n.As(c).signs(c.says(consent.SidePatient))
	for i := range tx {
		for bit := range 8 {
			bad := bytes.Clone(tx)
			bad[i] ^= 1 << bit
			if n.check(bad).Code == consent.CodeOK {
				t.Fatalf("byte %d, bit %d: accepted although changed", i, bit)
			}
		}
	}
	n.accepts(tx)
}

func TestSignerKindMustFitTheLog(t *testing.T) {
	n := newNetwork(t)
	c, tr := n.chart("ann", n.hospital), n.transfer("move", 1)
	tests := []struct {
		name string
		who  consent.Author
		item consent.Item
		code consent.Code
	}{
		{"a chart's patient as its source", consent.Author{Kind: consent.SignerSource, Log: c.LogID, Signer: c.sign}, c.says(consent.SidePatient), consent.CodeParty},
		{"a chart's patient as its destination", consent.Author{Kind: consent.SignerDestination, Log: c.LogID, Signer: c.sign}, c.says(consent.SidePatient), consent.CodeParty},
		{"a chart's patient as an institution", consent.Author{Kind: consent.SignerInstitution, Institution: consent.InstitutionID(c.LogID), Signer: c.sign}, c.says(consent.SidePatient), consent.CodeUnknown},
		{"the institution as the chart's patient", consent.Author{Kind: consent.SignerPatient, Log: c.LogID, Signer: n.hospital.ledger}, c.says(consent.SidePatient), consent.CodeSignature},
		{"the source key as the transfer's patient", consent.Author{Kind: consent.SignerPatient, Log: tr.LogID, Signer: tr.source}, tr.stops(), consent.CodeSignature},
		{"the source key as the destination", consent.Author{Kind: consent.SignerDestination, Log: tr.LogID, Signer: tr.source}, tr.step(consent.ClassCollect, 1), consent.CodeSignature},
		{"the destination key as the source", consent.Author{Kind: consent.SignerSource, Log: tr.LogID, Signer: tr.destination}, tr.step(consent.ClassRelease, 1), consent.CodeSignature},
		{"the TLS key of a chart", consent.Author{Kind: consent.SignerPatient, Log: c.LogID, Signer: c.tls}, c.says(consent.SidePatient), consent.CodeSignature},
		{"the TLS key of an institution", consent.Author{Kind: consent.SignerInstitution, Institution: n.hospital.ID, Signer: n.hospital.tls}, c.looks(), consent.CodeSignature},
		{"another institution's key", consent.Author{Kind: consent.SignerInstitution, Institution: n.hospital.ID, Signer: n.clinic.ledger}, c.looks(), consent.CodeSignature},
		{"the patient of the registry", consent.Author{Kind: consent.SignerPatient, Log: consent.RegistryLogID(n.genesis.Network), Signer: n.board.ledger},
			consent.NewItem(consent.RegistryLogID(n.genesis.Network), consent.ClassSay, consent.SayFields{Side: 1}, consent.Hash{}), consent.CodeParty},
		{"a log that does not exist", consent.Author{Kind: consent.SignerPatient, Log: consent.LogID{9}, Signer: c.sign}, consent.NewItem(consent.LogID{9}, consent.ClassSay, consent.SayFields{Side: 1}, consent.Hash{}), consent.CodeUnknown},
		{"the source of a log that does not exist", consent.Author{Kind: consent.SignerSource, Log: consent.LogID{9}, Signer: c.sign}, consent.NewItem(consent.LogID{9}, consent.ClassTransferOpen, tr.fields(), consent.Hash{}), consent.CodeUnknown},
		{"an institution that does not exist", consent.Author{Kind: consent.SignerInstitution, Institution: consent.InstitutionID{9}, Signer: c.sign}, c.looks(), consent.CodeUnknown},
	}
	for _, tt := range tests {
		n.run(tt.name, func() {
			h := n.As(c)
			tt.who.Chain, tt.who.ValidUntil, tt.who.Nonce = h.Chain, h.ValidUntil, h.Nonce
			n.refuses(tt.code, hand{n, tt.who}.signs(tt.item))
		})
	}
}

func TestKeyNamedMustBeTheKeyThatSigns(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	h := n.As(c)
	item := consent.Encode(c.says(consent.SidePatient))
	header := h.header(item)
	header.Key[0] ^= 1
	n.refuses(consent.CodeSignature, h.seals(header, item))
	h = n.As(n.hospital)
	item = consent.Encode(c.looks())
	header = h.header(item)
	header.Key[15] ^= 1
	n.refuses(consent.CodeSignature, h.seals(header, item))
}

func TestValidUntil(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	for _, tt := range []struct {
		name  string
		after time.Duration // of the block that carries it
		code  consent.Code
	}{
		{"long past", -time.Hour, consent.CodeStale},
		{"the block's own time", 0, consent.CodeStale},
		{"a nanosecond later", 1, consent.CodeOK},
		{"fifteen minutes", 15 * time.Minute, consent.CodeOK},
		{"a nanosecond more", 15*time.Minute + 1, consent.CodeStale},
		{"years", 24 * 3650 * time.Hour, consent.CodeStale},
	} {
		n.run(tt.name, func() {
			h := n.As(c)
			h.ValidUntil = n.now.Add(time.Second + tt.after)
			tx := h.signs(c.says(consent.SidePatient))
			if tt.code == consent.CodeOK {
				n.accepts(tx)
			} else {
				n.refuses(tt.code, tx)
			}
		})
	}
	h := n.As(c)
	h.ValidUntil = 1<<63 - 1
	n.refuses(consent.CodeStale, h.signs(c.says(consent.SidePatient)))
	h.ValidUntil = -1 << 63
	n.refuses(consent.CodeStale, h.signs(c.says(consent.SidePatient)))
}

func TestReplay(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	tx := n.As(c).signs(c.says(consent.SidePatient))
	results := n.block(tx, tx, tx)
	if results[0].Code != consent.CodeOK || results[1].Code != consent.CodeReplayed || results[2].Code != consent.CodeReplayed {
		t.Fatalf("same block: %+v", results)
	}
	n.refuses(consent.CodeReplayed, tx)
	n.wait(9 * time.Minute)
	n.refuses(consent.CodeReplayed, tx)
	n.wait(2 * time.Minute)
	n.refuses(consent.CodeStale, tx)
	n.halt(30 * time.Hour) // its bucket is dropped: the date alone refuses now
	if len(n.nonces) != 0 {
		t.Errorf("%d nonces are kept after 30 hours", len(n.nonces))
	}
	n.refuses(consent.CodeStale, tx)

	items := 0
	for _, leaf := range n.leaves[c.LogID] {
		if _, item, _ := consent.DecodeEntry(leaf); item.Class == consent.ClassSay {
			items++
		}
	}
	if items != 1 {
		t.Errorf("one transaction made %d entries", items)
	}
}

func TestReplayOfABatch(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	tx := n.As(n.hospital).signs(c.looks(), c.looks())
	n.block(tx)
	n.refuses(consent.CodeReplayed, tx)
}

// A nonce is its signer's: nobody can spend it for somebody else, else whoever
// sees a revocation on its way could keep it out of the ledger.
func TestNonceOfAnotherSignerIsNotSpent(t *testing.T) {
	n := newNetwork(t)
	c, tr := n.chart("ann", n.hospital), n.transfer("move", 1)
	grant := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	revocation, stop := n.As(c), n.As(tr)
	stop.Nonce, stop.ValidUntil = revocation.Nonce, revocation.ValidUntil
	squat := func(p party, item consent.Item) []byte {
		h := n.As(p)
		h.Nonce, h.ValidUntil = revocation.Nonce, revocation.ValidUntil
		return h.signs(item)
	}
	n.block(
		squat(n.hospital, c.looks()), squat(n.clinic, c.looks()),
		squat(tr.R(), tr.step(consent.ClassCollect, 1)), squat(tr.S(), tr.step(consent.ClassVoid, 1)),
	)
	n.accepts(revocation.signs(c.revokes(grant)))
	n.accepts(stop.signs(tr.stops()))
}

func TestNonceOfOneSignerIsSpentOnce(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	h := n.As(c)
	n.accepts(h.signs(c.says(consent.SidePatient)))
	n.refuses(consent.CodeReplayed, h.signs(c.freezes(n.now.Add(time.Hour)))) // other words, same nonce
}

func TestRefusedTransactionSpendsItsNonce(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	grant := n.As(c).may(c.grants(n.now.Add(time.Hour), 1))
	h := n.As(n.hospital)
	tx := h.signs(c.uses(grant + 1)) // no such grant
	n.refuses(consent.CodeNotLive, tx)
	n.refuses(consent.CodeReplayed, tx)

	frozen := n.As(c)
	n.As(c).may(c.freezes(n.now.Add(time.Minute)))
	tx = frozen.signs(c.grants(n.now.Add(time.Hour), 0))
	n.refuses(consent.CodeFrozen, tx)
	n.wait(2 * time.Minute) // legal now, were its nonce not spent
	n.refuses(consent.CodeReplayed, tx)
}

// What was not correctly signed must not spend a nonce.
func TestForgedTransactionSpendsNothing(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	h := n.As(c)
	item := consent.Encode(c.says(consent.SidePatient))
	forged := h
	forged.Signer = newKey("mallory")
	header := h.header(item)
	raw := consent.Encode(header)
	n.refuses(consent.CodeSignature, consent.Encode(consent.Tx{
		Header: raw, Signature: forged.Signer.(key).sign(header.Statement(chainName, raw)), Items: [][]byte{item},
	}))
	if len(n.nonces) != 1 { // the chart's opening
		t.Errorf("%d nonces are spent", len(n.nonces))
	}
	n.accepts(h.seals(header, item))
}

func TestNonceBuckets(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	before := n.state["nonces"]
	n.As(c).may(c.says(consent.SidePatient))
	after := n.state["nonces"]
	if bytes.Equal(before, after) {
		t.Error("the state does not commit to a spent nonce")
	}
	n.block()
	if !bytes.Equal(after, n.state["nonces"]) {
		t.Error("an empty block changed the nonces")
	}
	// Both transactions were valid until 00:10, so their bucket ends at 01:00.
	n.halt(24*time.Hour + 59*time.Minute)
	if len(n.nonces) != 2 {
		t.Errorf("%d nonces are left within 24 hours of their bucket's end", len(n.nonces))
	}
	n.halt(2 * time.Minute)
	if len(n.nonces) != 0 || string(n.state["nonces"]) != "\x80" {
		t.Errorf("%d nonces are left 24 hours after their bucket's end, %x in the state", len(n.nonces), n.state["nonces"])
	}
}

// Two hours' buckets stand side by side, in order, whatever the order of the
// transactions.
func TestNonceBucketsAreSorted(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	n.halt(50 * time.Minute)
	late, early := n.As(c), n.As(c)
	late.ValidUntil, early.ValidUntil = consent.At(genesisTime.Add(61*time.Minute)), consent.At(genesisTime.Add(59*time.Minute))
	n.block(late.signs(c.says(consent.SidePatient)), early.signs(c.says(consent.SidePatient)))
	n.refuses(consent.CodeReplayed, late.signs(c.says(consent.SidePatient)))
	n.refuses(consent.CodeReplayed, early.signs(c.says(consent.SidePatient)))
	n.halt(24*time.Hour + 10*time.Minute) // 01:00 plus a day: the first bucket alone goes
	if len(n.nonces) != 1 {
		t.Errorf("%d nonces are left, want the later hour's one", len(n.nonces))
	}
}

func TestMalformedTransactions(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	item := consent.Encode(c.says(consent.SidePatient))
	h := n.As(c)
	good := h.header(item)
	change := func(f func(*consent.Header)) []byte {
		header := good
		f(&header)
		return h.seals(header, item)
	}
	h.Kind = consent.SignerPatient
	tx := h.seals(good, item)
	var parts consent.Tx
	if err := consent.Decode(tx, consent.MaxTxBytes, &parts); err != nil {
		t.Fatal(err)
	}
	long := consent.NewItem(c.LogID, consent.ClassSay, make([]byte, consent.MaxFieldsBytes), consent.Hash{})
	tests := map[string][]byte{
		"nothing":                  {},
		"a zero byte":              {0},
		"an empty array":           {0x80},
		"null":                     {0xf6},
		"text":                     []byte("hello"),
		"trailing bytes":           append(bytes.Clone(tx), 0),
		"cut off":                  tx[:len(tx)-1],
		"oversized":                append(bytes.Clone(tx), make([]byte, consent.MaxTxBytes)...),
		"header version 0":         change(func(h *consent.Header) { h.Version = 0 }),
		"header version 2":         change(func(h *consent.Header) { h.Version = 2 }),
		"signer kind 0":            change(func(h *consent.Header) { h.Kind = 0 }),
		"signer kind genesis":      change(func(h *consent.Header) { h.Kind = consent.SignerGenesis }),
		"signer kind 6":            change(func(h *consent.Header) { h.Kind = 6 }),
		"no items named":           change(func(h *consent.Header) { h.N = 0 }),
		"more items named":         change(func(h *consent.Header) { h.N = 2 }),
		"too many items named":     change(func(h *consent.Header) { h.N = consent.MaxBatchItems + 1 }),
		"another root":             change(func(h *consent.Header) { h.Root[0] ^= 1 }),
		"another item":             h.seals(good, consent.Encode(c.says(consent.SideInstitution))),
		"no items":                 h.seals(good),
		"an item twice":            h.seals(good, item, item),
		"not-canonical outer form": append([]byte{0x9f}, append(tx[1:], 0xff)...),
		"not-canonical length":     append([]byte{0x98, 0x03}, tx[1:]...),
		"header as text":           consent.Encode([]any{string(parts.Header[:1]), parts.Signature, parts.Items}),
		"four parts":               consent.Encode([]any{parts.Header, parts.Signature, parts.Items, 0}),
		"two parts":                consent.Encode([]any{parts.Header, parts.Signature}),
		"a map":                    consent.Encode(map[string]any{"Header": parts.Header, "Signature": parts.Signature, "Items": parts.Items}),
		"short signature":          consent.Encode([]any{parts.Header, parts.Signature[:63], parts.Items}),
		"long signature":           consent.Encode([]any{parts.Header, append(parts.Signature[:], 0), parts.Items}),
		"tagged":                   append([]byte{0xc1}, tx...),
		"deeply nested":            bytes.Repeat([]byte{0x81}, 100_000),
		"header with more in it":   h.withHeader(append(bytes.Clone(parts.Header), 0), item),
		"an oversized header":      h.withHeader(make([]byte, 257), item),
		"item: nothing":            h.sealRaw([]byte{}),
		"item: garbage":            h.sealRaw([]byte("garbage")),
		"item: class 0":            h.sealItem(consent.NewItem(c.LogID, 0, consent.CloseFields{}, consent.Hash{})),
		"item: class unknown":      h.sealItem(consent.NewItem(c.LogID, consent.ClassPart+1, consent.CloseFields{}, consent.Hash{})),
		"item: trailing bytes":     h.sealRaw(append(bytes.Clone(item), 0)),
		"item: oversized":          h.sealItem(consent.Item{Log: c.LogID, Class: consent.ClassSay, Fields: make([]byte, consent.MaxItemBytes)}),
		"fields: oversized":        h.sealItem(long),
		"fields: nothing":          h.sealItem(consent.Item{Log: c.LogID, Class: consent.ClassSay}),
		"fields: garbage":          h.sealItem(consent.Item{Log: c.LogID, Class: consent.ClassSay, Fields: []byte{0xff}}),
		"fields: of another class": h.sealItem(c.item(consent.ClassSay, consent.RotateFields{})),
		"fields: not canonical":    h.sealItem(consent.Item{Log: c.LogID, Class: consent.ClassSay, Fields: []byte{0x83, 0x18, 0x01, 0xf6, 0x00}}),
		"fields: one more":         h.sealItem(c.item(consent.ClassSay, []any{1, nil, 0, 0})),
		"fields: a float":          h.sealItem(c.item(consent.ClassSay, []any{1.0, nil, 0})),
		"fields: a negative entry": h.sealItem(c.item(consent.ClassSay, []any{1, -1, 0})),
		"fields: a big number":     h.sealItem(c.item(consent.ClassSay, []any{1, nil, uint64(1 << 63)})),
	}
	for name, tx := range tests {
		n.run(name, func() { n.refuses(consent.CodeMalformed, tx) })
	}
	n.refuses(consent.CodeMalformed, n.As(n.hospital).seals(n.As(n.hospital).header(make([][]byte, 4097)...), make([][]byte, 4097)...))
}

func (h hand) withHeader(raw []byte, items ...[]byte) []byte {
	sig := h.Signer.(key).sign(consent.Statement{Context: consent.ContextTransaction, Chain: chainName, Log: h.Log, Body: raw})
	return consent.Encode(consent.Tx{Header: raw, Signature: sig, Items: items})
}

// sealRaw signs one item's bytes with a nonce of its own, so that only the item
// can be what is refused.
func (h hand) sealRaw(item []byte) []byte {
	h = h.n.As(h)
	return h.seals(h.header(item), item)
}

func (h hand) sealItem(item consent.Item) []byte { return h.sealRaw(consent.Encode(item)) }

func TestPatientsBatchHasOneItem(t *testing.T) {
	n := newNetwork(t)
	c, tr := n.chart("ann", n.hospital), n.transfer("move", 1)
	n.refuses(consent.CodeMalformed, n.As(c).signs(c.says(consent.SidePatient), c.says(consent.SidePatient)))
	n.refuses(consent.CodeMalformed, n.As(tr.S()).signs(tr.stops(), tr.stops()))
	n.refuses(consent.CodeMalformed, n.As(tr.R()).signs(tr.stops(), tr.stops()))
}

func TestNewTxRefusesWhatTheLedgerWould(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	if _, err := consent.NewTx(n.As(n.hospital).Author); err == nil {
		t.Error("a transaction without items was signed")
	}
	if _, err := consent.NewTx(n.As(n.hospital).Author, slices.Repeat([]consent.Item{c.looks()}, 4097)...); err == nil {
		t.Error("a transaction of 4,097 items was signed")
	}
	heavy := consent.Item{Log: c.LogID, Class: consent.ClassAccess, Fields: make([]byte, 1000)}
	if _, err := consent.NewTx(n.As(n.hospital).Author, slices.Repeat([]consent.Item{heavy}, 1024)...); err == nil {
		t.Error("a transaction above the size limit was signed")
	}
}

// The classes of later issues have numbers, but this ledger refuses them.
func TestLaterClassesAreRefused(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	for class := consent.ClassRegistry; class <= consent.ClassPart; class++ {
		n.run(class.String(), func() {
			if strings.HasPrefix(class.String(), "class-") {
				n.Fatal("the class has no name")
			}
			item := c.item(class, consent.CloseFields{})
			n.As(c).mayNot(consent.CodeClass, item)
			n.As(n.hospital).mayNot(consent.CodeClass, item)
			n.As(n.board).mayNot(consent.CodeClass, item)
		})
	}
	registry := consent.RegistryLogID(n.genesis.Network)
	fields := consent.RegistryFields{Institution: institution{n.clinic.ID, "Fake Clinic", newKey("fake"), newKey("fake tls")}.content(consent.Clinic, 0)}
	n.As(n.clinic).mayNot(consent.CodeClass, consent.NewItem(registry, consent.ClassRegistry, fields, consent.Hash{}))
}

func TestStopClass(t *testing.T) {
	n := newNetwork(t)
	c, tr := n.chart("ann", n.hospital), n.transfer("move", 1)
	stops := map[consent.Class]bool{
		consent.ClassRevoke: true, consent.ClassFreeze: true, consent.ClassStop: true, consent.ClassVeto: true,
	}
	for class := consent.ClassOpen; class <= consent.ClassPart; class++ {
		tx := n.As(c).signs(c.item(class, consent.CloseFields{}))
		if got := consent.StopClass(tx); got != stops[class] {
			t.Errorf("%s: stop class %v", class, got)
		}
	}
	for name, tx := range map[string][]byte{
		"nothing":      nil,
		"garbage":      []byte("garbage"),
		"many items":   n.As(n.hospital).signs(tr.stops(), tr.stops()),
		"no items":     consent.Encode(consent.Tx{}),
		"item garbage": consent.Encode(consent.Tx{Items: [][]byte{{0xff}}}),
		"cut off":      n.As(tr).signs(tr.stops())[:200],
		"oversized":    append(n.As(tr).signs(tr.stops()), make([]byte, consent.MaxTxBytes)...),
	} {
		if consent.StopClass(tx) {
			t.Errorf("%s counts as stop class", name)
		}
	}
}
