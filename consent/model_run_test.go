package consent_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"carekey/consent"
)

// stage is the real ledger that plays the model's deeds.
type stage struct {
	*network
	model     *model
	charts    []chart
	former    [][]chart // keys that were rotated away
	transfers []transfer
	sent      [][]byte
	said      map[consent.LogID][][]byte                // the items of what was accepted, in order
	roots     map[consent.LogID]map[uint64]consent.Hash // of every head there was, by its size
}

func newStage(t testing.TB) *stage {
	n := newNetwork(t, func(g *consent.Genesis) {
		g.Params.EmptyBlocks = 150 * time.Second
		g.Params.LogsPerDay = 4
	})
	n.rules.Verify = remembering()
	s := &stage{network: n, said: map[consent.LogID][][]byte{}, roots: map[consent.LogID]map[uint64]consent.Hash{}, model: &model{
		now: n.now.Time().Unix(), liveBound: 300, perDay: 4,
		charts: make([]modelChart, 3), transfers: make([]modelTransfer, 3),
	}}
	for i := range s.model.charts {
		s.charts = append(s.charts, n.newChart(fmt.Sprint("person ", i), n.clinic))
	}
	s.former = make([][]chart, len(s.charts))
	for i := range s.model.transfers {
		tr := n.newTransfer(fmt.Sprint("move ", i), 0)
		tr.ticketExpiry = n.now.Add(consent.MaxExpiry)
		s.transfers = append(s.transfers, tr)
	}
	return s
}

// draw makes a deed: mostly by the right person about something that exists.
func (s *stage) draw(t *rapid.T) deed {
	log := rapid.IntRange(0, 2).Draw(t, "log")
	verbs := []string{
		"open chart", "open transfer", "speak", "ask", "grant", "grant", "grant", "grant", "grant", "grant",
		"revoke", "revoke", "revoke", "revoke", "use", "use", "use", "use", "use", "use", "look", "freeze", "close", "rotate", "collect", "release", "received", "void", "undelivered", "stop",
	}
	if rapid.IntRange(0, 2).Draw(t, "go on with the transfer") == 1 {
		verbs = map[string][]string{
			"": {"collect"}, "collected": {"release", "release", "release", "release", "void", "stop"},
			"released": {"received", "received", "undelivered", "stop"},
		}[s.model.transfers[log].step]
	}
	verb := rapid.SampledFrom(verbs).Draw(t, "verb")
	d := deed{Verb: verb, By: s.drawWho(t, verb), Log: log}
	d.Until = s.model.now + rapid.SampledFrom([]int64{-5, 2, 600, 3600, 50 * modelHour, 20 * modelDay, 20 * modelDay}).Draw(t, "until")
	d.Uses = rapid.IntRange(0, 3).Draw(t, "uses")
	switch verb {
	case "revoke", "use":
		d.Number = rapid.IntRange(0, s.model.charts[d.Log].size+1).Draw(t, "grant")
		if at := s.grantsOf(d.Log); len(at) > 0 && d.Number > 1 { // else most would name no grant at all
			d.Number = at[d.Number%len(at)]
		}
	case "collect":
		d.Number = s.model.transfers[d.Log].current + 1 - rapid.IntRange(0, 9).Draw(t, "off")/9
	case "release", "received", "void", "undelivered":
		d.Number = max(0, s.model.transfers[d.Log].current-rapid.IntRange(0, 9).Draw(t, "off")/9)
	case "close":
		d.Log = rapid.SampledFrom([]int{2, 2, 2, 2, 2, 2, d.Log}).Draw(t, "which")
	}
	return d
}

// remembering is a verifier that verifies the same thing once, as a ledger may.
func remembering() consent.VerifyFunc {
	type thing struct {
		key       consent.PublicKey
		statement string
		signature consent.Signature
	}
	known := map[thing]error{}
	return func(k consent.PublicKey, s consent.Statement, sig consent.Signature) error {
		what := thing{k, string(s.Bytes()), sig}
		err, ok := known[what]
		if !ok {
			err = consent.Verify(k, s, sig)
			known[what] = err
		}
		return err
	}
}

// grantsOf are the entries of a chart that are grants.
func (s *stage) grantsOf(chart int) []int {
	return slices.Sorted(maps.Keys(s.model.charts[chart].grants))
}

func (s *stage) drawWho(t *rapid.T, verb string) string {
	right := map[string]string{
		"ask": "holder", "use": "holder", "look": "holder", "collect": "destination", "received": "destination",
		"release": "source", "void": "source", "undelivered": "destination",
	}[verb]
	if right == "" {
		right = "patient"
	}
	others := []string{"patient", "stale", "stranger", "holder", "rival", "source", "destination"}
	if rapid.IntRange(0, 4).Draw(t, "wrong person") > 0 {
		return right
	}
	return rapid.SampledFrom(others).Draw(t, "by")
}

// item is the deed as an item.
func (s *stage) item(d deed) consent.Item {
	c, tr := s.charts[d.Log], s.transfers[d.Log]
	until := consent.At(time.Unix(d.Until, 0))
	number := uint64(max(0, d.Number))
	use := uint32(max(0, d.Number))
	switch d.Verb {
	case "open chart":
		c.until = until
		return c.open()
	case "speak":
		return c.says(consent.SidePatient)
	case "ask":
		return c.says(consent.SideInstitution)
	case "grant":
		return c.grants(until, uint32(d.Uses))
	case "revoke":
		return c.revokes(number)
	case "use":
		return c.uses(number)
	case "look":
		return c.looks()
	case "freeze":
		return c.freezes(until)
	case "close":
		return c.closes()
	case "rotate":
		return c.rotates(s.next(d.Log))
	case "open transfer":
		tr.uses, tr.expiry = uint32(d.Uses), until
		return tr.open()
	case "collect":
		return tr.step(consent.ClassCollect, use)
	case "release":
		return tr.step(consent.ClassRelease, use)
	case "received":
		return tr.step(consent.ClassReceived, use)
	case "void":
		return tr.step(consent.ClassVoid, use)
	case "undelivered":
		if d.By == "source" {
			return tr.undelivered(use, tr.destination)
		}
		return tr.undelivered(use, tr.source)
	case "stop":
		return tr.stops()
	}
	panic(d.Verb)
}

func (s *stage) next(i int) chart {
	return s.charts[i].successor(fmt.Sprintf("person %d, %d", i, len(s.former[i])+1))
}

// signer is who tries the deed.
func (s *stage) signer(d deed) party {
	c, tr := s.charts[d.Log], s.transfers[d.Log]
	inTransfer := slices.Contains([]string{"open transfer", "collect", "release", "received", "void", "undelivered", "stop"}, d.Verb)
	log := c.LogID
	if inTransfer {
		log = tr.LogID
	}
	switch d.By {
	case "patient":
		if inTransfer {
			return tr
		}
		return c
	case "stale":
		if old := s.former[d.Log]; !inTransfer && len(old) > 0 {
			return old[len(old)-1]
		}
		return end{consent.SignerPatient, log, newKey("nobody")}
	case "holder":
		return s.clinic
	case "rival":
		return s.hospital
	case "source":
		return end{consent.SignerSource, log, tr.source}
	case "destination":
		return end{consent.SignerDestination, log, tr.destination}
	}
	return end{consent.SignerPatient, log, newKey("stranger")}
}

// play tries some deeds in one block, in the order in which a block has them.
func (s *stage) play(t *rapid.T, seconds int64, deeds []deed) {
	slices.SortStableFunc(deeds, func(a, b deed) int {
		switch {
		case a.stops() == b.stops():
			return 0
		case a.stops():
			return -1
		}
		return 1
	})
	s.now = s.now.Add(time.Duration(seconds-1) * time.Second)
	s.model.block(seconds)
	var txs [][]byte
	var want []bool
	for _, d := range deeds {
		item := s.item(d)
		tx := s.As(s.signer(d)).signs(item)
		if consent.StopClass(tx) != d.stops() {
			t.Fatalf("%s is sorted wrongly", d.Verb)
		}
		txs, want = append(txs, tx), append(want, s.model.tries(d))
		if want[len(want)-1] {
			s.accepted(d, item)
		}
	}
	again := len(s.sent)
	if again > 0 { // an old transaction once more, and one of this block twice
		txs = append(txs, s.sent[rapid.IntRange(0, again-1).Draw(t, "replay")])
		want = append(want, false)
	}
	if len(deeds) > 0 && want[0] {
		txs, want = append(txs, txs[0]), append(want, false)
	}
	for i, r := range s.block(txs...) {
		if (r.Code == consent.CodeOK) != want[i] {
			t.Fatalf("transaction %d of %+v: code %d (%s), the model says %v", i, deeds, r.Code, r.Text, want[i])
		}
	}
	for i := range deeds { // what was not admitted has spent no nonce and may come again
		if want[i] {
			s.sent = append(s.sent, txs[i])
		}
	}
	s.remember()
}

// accepted keeps what the ledger must hold from now on.
func (s *stage) accepted(d deed, item consent.Item) {
	s.said[item.Log] = append(s.said[item.Log], consent.Encode(item))
	if d.Verb == "rotate" {
		next := s.next(d.Log)
		s.former[d.Log] = append(s.former[d.Log], s.charts[d.Log])
		s.charts[d.Log] = next
	}
}

// remember keeps every head as a wallet would that was never offline.
func (s *stage) remember() {
	for log := range s.leaves {
		tree := s.head(log).Tree
		if s.roots[log] == nil {
			s.roots[log] = map[uint64]consent.Hash{}
		}
		if root, ok := s.roots[log][tree.Size]; ok && root != tree.Root() {
			s.Fatalf("two heads of %d entries", tree.Size)
		}
		s.roots[log][tree.Size] = tree.Root()
	}
}

// nothingLost shows that every log holds exactly what was accepted, in order,
// and that every head there ever was is the beginning of it.
func (s *stage) nothingLost(t *rapid.T) {
	for log, leaves := range s.leaves {
		var tree consent.Frontier
		for i, leaf := range leaves {
			e, item, err := consent.DecodeEntry(leaf)
			if err != nil || item.Class != consent.ClassRegistry && !bytes.Equal(e.Item, s.said[log][i]) {
				t.Fatalf("entry %d is not what was accepted: %v", i, err)
			}
			tree.Append(consent.LeafHash(leaf))
			if root, ok := s.roots[log][tree.Size]; ok && root != tree.Root() {
				t.Fatalf("the head of %d entries is not the beginning of the log", tree.Size)
			}
			delete(s.roots[log], tree.Size)
		}
		if len(s.roots[log]) != 0 {
			t.Fatalf("a log had more entries once: now %d", len(leaves))
		}
	}
	for log, items := range s.said {
		if len(items) != len(s.leaves[log]) {
			t.Fatalf("%d entries where %d were accepted", len(s.leaves[log]), len(items))
		}
	}
}

// foldsAlike shows that a reader of the entries alone comes to the permissions
// that the state holds.
func (s *stage) foldsAlike(t *rapid.T) {
	for i, c := range s.charts {
		var v consent.View
		for number, leaf := range s.leaves[c.LogID] {
			e, item, err := consent.DecodeEntry(leaf)
			if err != nil {
				t.Fatal(err)
			}
			if err := v.Fold(consent.Verified{Leaf: leaf, Entry: e, Item: item}); err != nil {
				t.Fatalf("entry %d: %v", number, err)
			}
		}
		live := 0
		for _, g := range v.Grants {
			stored, err := consent.DecodeGrant(s.state[string(consent.GrantKey(c.LogID, g.Number))])
			if err != nil || stored.Expiry != g.Expiry || stored.Limited && stored.Left != g.Uses-g.Used || stored.Limited != (g.Uses > 0) {
				t.Fatalf("permission %+v, the state says %+v, %v", g, stored, err)
			}
		}
		for key := range s.state {
			if strings.HasPrefix(key, string(consent.GrantKey(c.LogID, 0)[:38])) {
				live++
			}
		}
		if v.Closed { // the state keeps what a closed chart permitted; nobody may use it
			live = 0
		}
		if live != len(v.Grants) || v.Closed != s.model.charts[i].closed {
			t.Fatalf("the state holds %d permissions, a reader finds %d", live, len(v.Grants))
		}
	}
}

// neverHonouredAfterItsEnd reads the history alone: neither rules nor model
// have a say in it.
func (s *stage) neverHonouredAfterItsEnd(t *rapid.T) {
	for log, leaves := range s.leaves {
		ends, left, stopped := map[uint64]consent.Time{}, map[uint64]int{}, false
		for i, leaf := range leaves {
			e, item, err := consent.DecodeEntry(leaf)
			if err != nil {
				t.Fatal(err)
			}
			switch item.Class {
			case consent.ClassGrant:
				f, _ := consent.DecodeFields[consent.GrantFields](item)
				ends[uint64(i)], left[uint64(i)] = f.Expiry, int(f.Uses)
				if f.Uses == 0 {
					left[uint64(i)] = 1 << 30
				}
			case consent.ClassRevoke:
				f, _ := consent.DecodeFields[consent.RevokeFields](item)
				delete(ends, f.Grant)
			case consent.ClassAccess:
				f, _ := consent.DecodeFields[consent.AccessFields](item)
				if f.Grant == nil {
					continue
				}
				left[*f.Grant]--
				if until, ok := ends[*f.Grant]; !ok || e.Time >= until || left[*f.Grant] < 0 {
					t.Fatalf("log %s: entry %d uses grant %d after its end", log, i, *f.Grant)
				}
			case consent.ClassStop:
				stopped = true
			case consent.ClassRelease, consent.ClassCollect:
				if stopped {
					t.Fatalf("log %s: entry %d is a %s after the stop", log, i, item.Class)
				}
			}
		}
	}
}

func TestTheRulesAgreeWithTheModel(t *testing.T) {
	outcomes, runs := map[string]int{}, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		s := newStage(t)
		end := s.model.now + 400*modelDay
		s.play(rt, 1, []deed{
			{Verb: "open chart", By: "patient", Log: 0, Until: s.model.now + modelDay}, {Verb: "open transfer", By: "patient", Log: 0, Until: end, Uses: 2},
			{Verb: "open chart", By: "patient", Log: 1, Until: s.model.now + modelDay}, {Verb: "open transfer", By: "patient", Log: 1, Until: end, Uses: 1},
		})
		for range rapid.IntRange(15, 40).Draw(rt, "blocks") {
			seconds := rapid.SampledFrom([]int64{1, 1, 1, 2, 60, 300, 300, 3600, 25 * modelHour}).Draw(rt, "seconds")
			var deeds []deed
			for range rapid.IntRange(0, 4).Draw(rt, "deeds") {
				deeds = append(deeds, s.draw(rt))
			}
			s.play(rt, seconds, deeds)
		}
		s.nothingLost(rt)
		s.neverHonouredAfterItsEnd(rt)
		s.foldsAlike(rt)
		for _, leaves := range s.leaves {
			for _, leaf := range leaves {
				_, item, _ := consent.DecodeEntry(leaf)
				outcomes[item.Class.String()]++
			}
		}
	})
	for class := consent.ClassOpen; class <= consent.ClassStop; class++ {
		if runs >= 100 && outcomes[class.String()] == 0 {
			t.Errorf("no %s was ever accepted: the test shows nothing about it", class)
		}
	}
	t.Log(outcomes)
}

// busy lets a chart and a transfer have had most of their hour already.
func (s *stage) busy(words, stops uint8) {
	for _, log := range []consent.LogID{s.charts[0].LogID, s.transfers[0].LogID} {
		head := s.head(log)
		head.Rate = consent.Rate{Hour: s.now.Hour(), Count: words, Stops: stops}
		s.state[string(consent.HeadKey(log))] = consent.Encode(head)
	}
	rate := modelRate{hour: s.model.now / modelHour, words: int64(words), stops: int64(stops)}
	s.model.charts[0].rate, s.model.transfers[0].rate = rate, rate
}

// Busy hours: so many words that the hour's limit is met.
func TestTheRulesAgreeWithTheModelOnRates(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := newStage(t)
		s.play(rt, 1, []deed{{Verb: "open chart", By: "patient", Until: s.model.now + modelDay}, {Verb: "open transfer", By: "patient", Until: s.model.now + modelDay, Uses: 2}})
		s.busy(uint8(rapid.IntRange(40, 60).Draw(rt, "words")), uint8(rapid.IntRange(40, 60).Draw(rt, "stops")))
		for range rapid.IntRange(3, 8).Draw(rt, "blocks") {
			verb := rapid.SampledFrom([]string{"speak", "freeze", "collect"}).Draw(rt, "verb")
			var deeds []deed
			for i := range rapid.IntRange(1, 6).Draw(rt, "deeds") {
				switch verb {
				case "collect":
					use := s.model.transfers[0].current + 1
					deeds = append(deeds, deed{Verb: "collect", By: "destination", Number: use}, deed{Verb: "void", By: "source", Number: use})
				case "freeze":
					deeds = append(deeds, deed{Verb: verb, By: "patient", Until: max(s.model.now, s.model.charts[0].frozen) + int64(i) + 2})
				default:
					deeds = append(deeds, deed{Verb: verb, By: "patient"})
				}
			}
			s.play(rt, rapid.SampledFrom([]int64{1, 1, 1, 1, 1, 3600}).Draw(rt, "seconds"), deeds)
		}
		s.nothingLost(rt)
	})
}
