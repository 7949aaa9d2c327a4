package consent_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// Every decoder refuses another form of the same value, and anything after it.
func TestEveryDecoderWantsTheOneForm(t *testing.T) {
	y := newYear(t)
	parts, _, err := consent.DecodeTx(y.txs[0])
	if err != nil {
		t.Fatal(err)
	}
	leaf := y.leaves[y.ann.LogID][1]
	entry, item, err := consent.DecodeEntry(leaf)
	if err != nil {
		t.Fatal(err)
	}
	type decoder = func([]byte) error
	for name, tt := range map[string]struct {
		good   []byte
		decode decoder
	}{
		"transaction": {y.txs[0], func(b []byte) error { _, _, err := consent.DecodeTx(b); return err }},
		"header":      {parts.Header, func(b []byte) error { _, err := consent.DecodeHeader(b); return err }},
		"item":        {entry.Item, func(b []byte) error { _, err := consent.DecodeItem(b); return err }},
		"entry":       {leaf, func(b []byte) error { _, _, err := consent.DecodeEntry(b); return err }},
		"entry's item": {entry.Item, func(b []byte) error {
			e := entry
			e.Item = b
			_, _, err := consent.DecodeEntry(consent.Encode(e))
			return err
		}},
		"fields": {item.Fields, func(b []byte) error {
			_, err := consent.DecodeFields[consent.SayFields](consent.Item{Fields: b})
			return err
		}},
		"head": {y.state[string(consent.HeadKey(y.ann.LogID))], func(b []byte) error { _, err := consent.DecodeHead(b); return err }},
		"registry": {y.genesis.Registry[0], func(b []byte) error {
			_, err := consent.DecodeRegistryFields(consent.Item{Fields: b})
			return err
		}},
		"detail":  {consent.Encode(consent.Detail{}), func(b []byte) error { _, err := consent.DecodeDetail(b); return err }},
		"content": {consent.EncodeContent(&consent.Denial{}), func(b []byte) error { _, err := consent.DecodeContent(b); return err }},
		"content's body": {consent.Encode(consent.Denial{}), func(b []byte) error {
			_, err := consent.DecodeContent(append([]byte{0x82, 0x03}, b...))
			return err
		}},
		"state proof": {consent.Encode(consent.StateProof{Height: 1, Keys: []consent.ProvenKey{{}}}), func(b []byte) error {
			_, err := consent.DecodeStateProof(b)
			return err
		}},
		"parcel":  {consent.Encode(consent.Parcel{}), func(b []byte) error { _, err := consent.DecodeParcel(b); return err }},
		"core":    {consent.Encode(core()), func(b []byte) error { _, err := consent.DecodeCore(b); return err }},
		"grant":   {consent.Encode(consent.Grant{}), func(b []byte) error { _, err := consent.DecodeGrant(b); return err }},
		"clock":   {consent.Encode(consent.Clock{}), func(b []byte) error { _, err := consent.DecodeClock(b); return err }},
		"key use": {consent.Encode(consent.KeyUse{}), func(b []byte) error { _, err := consent.DecodeKeyUse(b); return err }},
		"anchor": {consent.Encode(anchor()), func(b []byte) error {
			_, err := consent.ParseAnchor("carekey-anchor:" + base64.RawURLEncoding.EncodeToString(b))
			return err
		}},
		"invitation": {consent.Encode(invitation()), func(b []byte) error {
			_, err := consent.ParseInvitation("carekey-invitation:" + base64.RawURLEncoding.EncodeToString(b))
			return err
		}},
	} {
		if err := tt.decode(tt.good); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := tt.decode(tooLong(tt.good)); err == nil {
			t.Errorf("%s: another form was read", name)
		}
		for what, b := range map[string][]byte{
			"with more": append(slices.Clone(tt.good), 0), "cut off": tt.good[:len(tt.good)-1], "of nothing": {}, "of a break": {0xff},
		} {
			if err := tt.decode(b); err == nil {
				t.Errorf("%s: one %s was read", name, what)
			}
		}
	}
}

func TestHeadersOutOfTheirLimits(t *testing.T) {
	good := consent.Header{Version: 1, Kind: consent.SignerInstitution, N: 1}
	for what, change := range map[string]func(*consent.Header){
		"signer kind 0":        func(h *consent.Header) { h.Kind = 0 },
		"signer kind genesis":  func(h *consent.Header) { h.Kind = consent.SignerGenesis },
		"no items":             func(h *consent.Header) { h.N = 0 },
		"too many items":       func(h *consent.Header) { h.N = consent.MaxBatchItems + 1 },
		"a patient's two":      func(h *consent.Header) { h.Kind, h.N = consent.SignerPatient, 2 },
		"a source's two":       func(h *consent.Header) { h.Kind, h.N = consent.SignerSource, 2 },
		"a destination's two":  func(h *consent.Header) { h.Kind, h.N = consent.SignerDestination, 2 },
		"version 0":            func(h *consent.Header) { h.Version = 0 },
		"version 2, otherwise": func(h *consent.Header) { h.Version = 2 },
	} {
		bad := good
		change(&bad)
		if _, err := consent.DecodeHeader(consent.Encode(bad)); err == nil {
			t.Errorf("a header with %s was read", what)
		}
	}
	good.N = consent.MaxBatchItems
	if _, err := consent.DecodeHeader(consent.Encode(good)); err != nil {
		t.Error(err)
	}
}

// The number of items is signed: fewer or more than that many are refused,
// whatever the root says.
func TestHeaderNamesTheNumberOfItems(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	item := consent.Encode(c.looks())
	h := n.As(n.hospital)
	for named, items := range map[uint32][][]byte{2: {item}, 1: {item, item}} {
		header := h.header(items...)
		header.N = named
		n.refuses(consent.CodeMalformed, h.seals(header, items...))
	}
}

// Whoever may write a class is told that its fields are malformed, not
// something else.
func TestMalformedFieldsOfEveryClass(t *testing.T) {
	n := newNetwork(t)
	ann, tr := n.chart("ann", n.hospital), n.transfer("move", 1)
	newcomer, move := n.newChart("bob", n.hospital), n.newTransfer("other", 1)
	for class, p := range map[consent.Class]party{
		consent.ClassOpen: newcomer, consent.ClassSay: ann, consent.ClassGrant: ann, consent.ClassRevoke: ann,
		consent.ClassAccess: n.hospital, consent.ClassRotate: ann, consent.ClassFreeze: ann, consent.ClassClose: ann,
		consent.ClassTransferOpen: move, consent.ClassCollect: tr.R(), consent.ClassRelease: tr.S(),
		consent.ClassReceived: tr.R(), consent.ClassVoid: tr.S(), consent.ClassUndelivered: tr.R(), consent.ClassStop: tr,
	} {
		log := p.author().Log
		if class == consent.ClassAccess {
			log = ann.LogID
		}
		n.run(class.String(), func() {
			n.As(p).mayNot(consent.CodeMalformed, consent.NewItem(log, class, []any{"no", "such", "fields", 1, 2, 3, 4, 5}, consent.Hash{}))
			n.As(p).mayNot(consent.CodeMalformed, consent.Item{Log: log, Class: class, Fields: []byte{0x9f, 0xff}})
		})
	}
}

func TestChartKeysCheckThemselves(t *testing.T) {
	good := consent.ChartKeys{Sign: newKey("a").Public(), TLS: newKey("b").Public()}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
	for _, bad := range []consent.ChartKeys{{Sign: good.Sign}, {TLS: good.TLS}, {Sign: good.Sign, TLS: good.Sign}} {
		if err := bad.Check(); !errors.Is(err, consent.ErrBadKey) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// What institutions write is not limited, and takes nothing from the patient.
func TestInstitutionsHaveNoRate(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	for range consent.RatePerHour + 1 {
		n.As(n.hospital).may(c.says(consent.SideInstitution))
	}
	for range consent.RatePerHour - 1 { // the opening was the first
		n.As(c).may(c.says(consent.SidePatient))
	}
	n.As(c).mayNot(consent.CodeRate, c.says(consent.SidePatient))
}

func TestUnlimitedGrantStaysAsItIs(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 0))
	key := consent.GrantKey(c.LogID, number)
	before := n.state[string(key)]
	n.As(n.hospital).may(c.uses(number))
	if !bytes.Equal(before, n.state[string(key)]) {
		t.Error("a use changed a grant without a limit")
	}
}

// An idle block changes the clock alone, a refused transaction also its nonce:
// nodes make blocks as long as the state changes.
func TestNothingIsWrittenWithoutNeed(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	changed := func(txs ...[]byte) string {
		_, o := n.execute(consent.Block{Height: n.height + 1, Time: n.now.Add(time.Second)}, txs)
		var keys []string
		for _, change := range o.Changes {
			keys = append(keys, string(change.Key))
		}
		return strings.Join(keys, " ")
	}
	if got := changed(); got != "clock" {
		t.Errorf("an idle block changed %q", got)
	}
	if got := changed(n.As(c).signs(c.revokes(9))); got != "clock nonces" {
		t.Errorf("a refused transaction changed %q", got)
	}
	if got := changed([]byte("garbage")); got != "clock" {
		t.Errorf("garbage changed %q", got)
	}
	if got, want := changed(n.As(c).signs(c.says(consent.SidePatient))), "clock "+string(consent.HeadKey(c.LogID))+" nonces"; got != want {
		t.Errorf("an entry changed %q", got)
	}
}

// The state commits to every nonce since the bucket began, not to the last
// block's alone.
func TestNonceBucketIsARunningHash(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	n.As(c).may(c.says(consent.SidePatient))
	n.block(n.As(c).signs(c.says(consent.SidePatient)), n.As(c).signs(c.says(consent.SidePatient)))
	var running consent.Hash
	for serial := range uint64(4) { // the harness numbers its nonces
		h := consent.Header{Kind: consent.SignerPatient, Signer: consent.Hash(c.LogID), Key: c.sign.Public().ID()}
		h.Nonce[7] = byte(serial + 1)
		spent := h.Spends()
		running = consent.Sum(append(running[:], spent.Nonce[:]...))
	}
	want := consent.Encode([]any{[]any{n.now.Hour(), running}})
	if got := n.state["nonces"]; !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// A bucket is dropped in the first block a day after its hour, neither sooner
// nor later: every node must drop it in the same block.
func TestNonceBucketEndsOnTheSecond(t *testing.T) {
	n := newNetwork(t)
	n.chart("ann", n.hospital) // valid until 00:10
	end := consent.At(genesisTime.Add(25 * time.Hour))
	for at, dropped := range map[consent.Time]int{end - 1: 0, end: 1} {
		if _, o := n.execute(consent.Block{Height: 9, Time: at}, nil); len(o.DropBuckets) != dropped {
			t.Errorf("%d buckets dropped at %s", len(o.DropBuckets), at.Time())
		}
	}
}

// Check leaves the items of a batch to the block, which judges them one by one.
func TestCheckDoesNotJudgeTheItemsOfABatch(t *testing.T) {
	n := newNetwork(t)
	ann, eve := n.chart("ann", n.hospital), n.chart("eve", n.clinic)
	tx := n.As(n.hospital).signs(eve.looks(), ann.looks())
	if r := n.check(tx); r.Code != consent.CodeOK {
		t.Errorf("%+v", r)
	}
	if r := n.block(tx)[0]; r.Items[0].Code != consent.CodeParty || r.Items[1].Code != consent.CodeOK {
		t.Errorf("%+v", r)
	}
}

// A state that was damaged permits nothing.
func TestDamagedStatePermitsNothing(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	number := n.As(c).may(c.grants(n.now.Add(time.Hour), 1))
	next := n.newChart("bob", n.hospital)
	open := n.As(next).signs(next.open())
	for key, tx := range map[string][]byte{
		string(consent.HeadKey(c.LogID)):              n.As(c).signs(c.says(consent.SidePatient)),
		string(consent.InstitutionKey(n.hospital.ID)): open,
		"quota/" + string(n.hospital.ID[:]):           open,
		string(consent.GrantKey(c.LogID, number)):     n.As(n.hospital).signs(c.uses(number)),
	} {
		f := n.fork()
		if f.state[key] == nil {
			t.Fatalf("nothing stands at %q", key)
		}
		f.state[key] = tooLong(f.state[key])
		results, o := f.execute(consent.Block{Height: f.height + 1, Time: f.now.Add(time.Second)}, [][]byte{tx})
		if results[0].Code == consent.CodeOK || results[0].Text == "" || len(o.Entries) > 0 {
			t.Errorf("%q is damaged: %+v", key, results)
		}
	}
	for _, key := range []string{"clock", "nonces"} {
		f := n.fork()
		f.state[key] = tooLong(f.state[key])
		if _, err := f.rules.Begin(f, f, consent.Block{Height: 99, Time: f.now}); err == nil {
			t.Errorf("%q is damaged, and a block began", key)
		}
	}
}

// tooLong writes a list's length in one byte more than it needs.
func tooLong(b []byte) []byte { return append([]byte{0x98, b[0] & 0x1f}, b[1:]...) }

// Before the first clock is written, time began with the genesis.
func TestClockBeginsWithTheGenesis(t *testing.T) {
	n := newNetwork(t)
	delete(n.state, "clock")
	n.block()
	if c := n.clock(); c != (consent.Clock{Time: n.now, Live: consent.Live(time.Second)}) {
		t.Errorf("%+v", c)
	}
}

func TestGenesisOfItsOwnMakingIsChecked(t *testing.T) {
	n := newNetwork(t)
	for what, fields := range map[string][]byte{
		"garbage": {0xff}, "an oversized entry": make([]byte, consent.MaxItemBytes),
		"a weak key": consent.Encode(consent.RegistryFields{Licence: &consent.Licence{Status: consent.LicenceActive}}),
	} {
		g := *n.genesis
		g.Registry = [][]byte{fields}
		if _, err := g.Outcome(); err == nil {
			t.Errorf("a ledger began with %s", what)
		}
	}
}

func TestWhatIsJustWithinTheLimits(t *testing.T) {
	text, name := strings.Repeat("x", consent.MaxTextBytes), strings.Repeat("x", consent.MaxNameBytes)
	by := consent.Person{Name: name, Role: name}
	for _, c := range []consent.Content{
		&consent.Denial{Reason: text}, &consent.Answer{By: by, Text: text},
		&consent.Terms{By: by, Purpose: 1, Scope: scope(), Sentences: make([]string, consent.MaxSentences)},
		&consent.Accessed{Basis: consent.BasisCare, Purpose: consent.PurposeOperations},
		&consent.Accessed{Basis: consent.BasisOperations, Purpose: 1},
	} {
		if _, err := consent.DecodeContent(consent.EncodeContent(c)); err != nil {
			t.Errorf("%T: %v", c, err)
		}
	}
	for _, basis := range []consent.Basis{0, consent.BasisOperations + 1} {
		if _, err := consent.DecodeContent(consent.EncodeContent(&consent.Accessed{Basis: basis, Purpose: 1})); err == nil {
			t.Errorf("basis %d was read", basis)
		}
	}
	i := invitation()
	i.Name, i.Addresses = name, slices.Repeat([]string{"a:1"}, consent.MaxAddresses)
	if _, err := consent.ParseInvitation(i.Text()); err != nil {
		t.Error(err)
	}
	inst := institution{ID: consent.InstitutionID{1}, name: name, ledger: newKey("l"), tls: newKey("t")}.content(consent.Board, 0)
	inst.Place, inst.Addresses = name, slices.Repeat([]string{strings.Repeat("a", 150)}, consent.MaxAddresses)
	for range 2 { // eight short addresses, then one as long as may be
		if _, err := consent.DecodeRegistryFields(consent.Item{Fields: consent.Encode(consent.RegistryFields{Institution: inst})}); err != nil {
			t.Error(err)
		}
		inst.Addresses = []string{strings.Repeat("a", 256)}
	}
}

func TestKeysAndLicencesHaveExactDays(t *testing.T) {
	k := newKey("k").Public()
	i := consent.Institution{
		Ledger: []consent.LedgerKey{{Key: k, From: 10, Until: 20, Compromised: 5}},
		TLS:    []consent.LedgerKey{{Key: k, From: 10, Until: 20}}, From: 1, Until: 30,
	}
	for at, good := range map[consent.Time]bool{9: false, 10: true, 19: true, 20: false} {
		if _, ok := i.LedgerKeyAt(k.ID(), 4, at); ok != good {
			t.Errorf("the ledger key at %d: %v", at, ok)
		}
		if ok := i.TLSKeyAt(k, 4, at); ok != good {
			t.Errorf("the TLS key at %d: %v", at, ok)
		}
	}
	if _, ok := i.LedgerKeyAt(k.ID(), 5, 15); ok {
		t.Error("a lost key counts at the height it was lost")
	}
	for at, active := range map[consent.Time]bool{0: false, 1: true, 29: true, 30: false} {
		if i.ActiveAt(at) != active {
			t.Errorf("active at %d: %v", at, !active)
		}
	}
	l := consent.Licence{Status: consent.LicenceActive, From: 10, Until: 20}
	for at, good := range map[consent.Time]bool{9: false, 10: true, 19: true, 20: false} {
		if l.LicensedAt(at) != good {
			t.Errorf("licensed at %d: %v", at, !good)
		}
	}
	l.Until = 0
	if !l.LicensedAt(1<<62) || l.LicensedAt(9) {
		t.Error("a licence without an end")
	}
}

type mute struct{ key }

func (mute) Sign(consent.Statement) (consent.Signature, error) {
	return consent.Signature{}, errors.New("locked")
}

func TestNewTxReportsTheSignersFault(t *testing.T) {
	n := newNetwork(t)
	c := n.chart("ann", n.hospital)
	a := n.As(c).Author
	a.Signer = mute{c.sign}
	if tx, err := consent.NewTx(a, c.says(consent.SidePatient)); err == nil || tx != nil {
		t.Errorf("%x, %v", tx, err)
	}
}

func TestFoldReportsMalformedFields(t *testing.T) {
	for _, class := range []consent.Class{
		consent.ClassOpen, consent.ClassSay, consent.ClassGrant, consent.ClassRevoke, consent.ClassAccess, consent.ClassFreeze,
	} {
		r := newReader(t)
		e := r.next(r.item(class, []any{}), nil)
		if err := r.view.Fold(e); err == nil || errors.Is(err, consent.ErrDeadGrant) {
			t.Errorf("a malformed %s was folded: %v", class, err)
		}
	}
}
