package consent_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

func TestGenesisIsRead(t *testing.T) {
	n := newNetwork(t)
	b, err := json.Marshal(n.genesis)
	if err != nil {
		t.Fatal(err)
	}
	g, err := consent.DecodeGenesis(b)
	if err != nil || !reflect.DeepEqual(g, n.genesis) {
		t.Errorf("%+v, %v", g, err)
	}
}

func TestBadGenesis(t *testing.T) {
	n := newNetwork(t)
	change := func(f func(*consent.Genesis)) string {
		g := *n.genesis
		f(&g)
		b, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	good := change(func(*consent.Genesis) {})
	registry := func(f func(*consent.Institution)) string {
		return change(func(g *consent.Genesis) {
			content := n.clinic.content(consent.Clinic, 0)
			f(content)
			g.Registry = [][]byte{consent.Encode(consent.RegistryFields{Institution: content})}
		})
	}
	address := strings.Repeat("a", 256)
	for what, b := range map[string]string{
		"nothing":                 "",
		"no object":               "[]",
		"null":                    "null",
		"cut off":                 good[:len(good)-1],
		"two objects":             good + good,
		"a brace too many":        good + "}",
		"a bracket too many":      good + " ]",
		"an unknown field":        strings.Replace(good, `"version"`, `"extra":1,"version"`, 1),
		"version 0":               change(func(g *consent.Genesis) { g.Version = 0 }),
		"version 2":               change(func(g *consent.Genesis) { g.Version = 2 }),
		"no network":              change(func(g *consent.Genesis) { g.Network = consent.NetworkID{} }),
		"a short network":         strings.Replace(good, n.genesis.Network.String(), "00", 1),
		"no chain":                change(func(g *consent.Genesis) { g.Chain = "" }),
		"a long chain":            change(func(g *consent.Genesis) { g.Chain = strings.Repeat("x", 51) }),
		"no time":                 change(func(g *consent.Genesis) { g.Time = time.Time{} }),
		"no block interval":       change(func(g *consent.Genesis) { g.Params.EmptyBlocks = 0 }),
		"a negative interval":     change(func(g *consent.Genesis) { g.Params.EmptyBlocks = -1 }),
		"no collect time":         change(func(g *consent.Genesis) { g.Params.CollectWithin = 0 }),
		"no logs":                 change(func(g *consent.Genesis) { g.Params.LogsPerDay = 0 }),
		"entries kept too short":  change(func(g *consent.Genesis) { g.Params.KeepEntries = 400*24*time.Hour - 1 }),
		"garbage in the registry": change(func(g *consent.Genesis) { g.Registry = [][]byte{{0xff}} }),
		"an empty registry entry": change(func(g *consent.Genesis) { g.Registry = [][]byte{consent.Encode(consent.RegistryFields{})} }),
		"both in one entry": change(func(g *consent.Genesis) {
			g.Registry = [][]byte{consent.Encode(consent.RegistryFields{Institution: n.clinic.content(consent.Clinic, 0),
				Licence: &consent.Licence{Key: newKey("dr").Public(), Status: consent.LicenceActive}})}
		}),
		"more than fits": registry(func(i *consent.Institution) {
			i.Addresses = []string{address, address, address, address, address, address, address, address}
		}),
		"an oversized genesis": good + strings.Repeat(" ", consent.MaxGenesisBytes),
	} {
		if _, err := consent.DecodeGenesis([]byte(b)); err == nil {
			t.Errorf("%s: was read", what)
		} else if strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %q is no sentence", what, err)
		}
	}
	if _, err := consent.DecodeGenesis([]byte(good + "\n")); err != nil {
		t.Errorf("a line's end after it: %v", err)
	}
}

func TestGenesisMakesTheRegistry(t *testing.T) {
	doctor := newKey("doctor").Public()
	licence := consent.Licence{Key: doctor, Status: consent.LicenceActive, Until: consent.At(genesisTime.Add(day))}
	n := newNetwork(t, func(g *consent.Genesis) {
		g.Registry = append(g.Registry, consent.Encode(consent.RegistryFields{Licence: &licence}))
	})
	log := consent.RegistryLogID(n.genesis.Network)
	if got := len(n.leaves[log]); got != 6 {
		t.Fatalf("%d entries in the registry", got)
	}
	var stored consent.Licence
	if err := consent.Decode(n.state[string(consent.LicenceKey(doctor))], 1000, &stored); err != nil || stored != licence {
		t.Errorf("licence %+v, %v", stored, err)
	}
	if c := n.clock(); c != (consent.Clock{Time: consent.At(genesisTime)}) {
		t.Errorf("clock %+v", c)
	}
	r := consent.NewRegistry()
	for _, leaf := range n.leaves[log] {
		e, item, err := consent.DecodeEntry(leaf)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Add(e, item); err != nil {
			t.Fatal(err)
		}
	}
	checkRegistry(t, n, r, doctor)
}

func checkRegistry(t *testing.T, n *network, r *consent.Registry, doctor consent.PublicKey) {
	start := consent.At(genesisTime)
	if i, ok := r.Institution(n.clinic.ID); !ok || i.Name != "Heart Clinic" {
		t.Errorf("clinic: %+v, %v", i, ok)
	}
	if _, ok := r.Institution(consent.InstitutionID{1}); ok {
		t.Error("an institution that does not exist was found")
	}
	if _, ok := r.InstitutionAt(n.clinic.ID, start-1); ok {
		t.Error("the clinic was known before the genesis")
	}
	if l, ok := r.LicenceAt(doctor, start); !ok || !l.LicensedAt(start) || l.LicensedAt(start.Add(day)) {
		t.Errorf("licence %+v, %v", l, ok)
	}
	if _, ok := r.LicenceAt(doctor, start-1); ok {
		t.Error("the licence was known before the genesis")
	}
	id := n.former.ledger.Public().ID()
	if k, ok := r.KeyAt(n.former.ID, id, 1, start); !ok || k != n.former.ledger.Public() {
		t.Error("the former clinic's key was not found")
	}
	for what, ok := range map[string]bool{
		"after it left":        second(r.KeyAt(n.former.ID, id, 1, start.Add(30*day))),
		"of another":           second(r.KeyAt(n.clinic.ID, id, 1, start)),
		"of nobody":            second(r.KeyAt(consent.InstitutionID{1}, id, 1, start)),
		"by another's TLS key": second(r.ByTLSKey(newKey("x").Public(), 1, start)),
		"by a ledger key":      second(r.ByTLSKey(n.clinic.ledger.Public(), 1, start)),
		"by TLS after it left": second(r.ByTLSKey(n.former.tls.Public(), 1, start.Add(30*day))),
	} {
		if ok {
			t.Errorf("found a key %s", what)
		}
	}
	if i, ok := r.ByTLSKey(n.clinic.tls.Public(), 1, start); !ok || i.ID != n.clinic.ID {
		t.Error("the clinic's TLS key was not found")
	}
	var names []string
	for _, i := range r.Institutions() {
		names = append(names, i.Name)
	}
	if got := strings.Join(names, ","); got != "Board,City Hospital,Former Clinic,Heart Clinic,Laboratory" {
		t.Errorf("institutions %s", got)
	}
}

func second[A any](_ A, ok bool) bool { return ok }

// The registry is folded like any log: what was so on a day stays so.
func TestRegistryRemembersWhatWasSo(t *testing.T) {
	n := newNetwork(t)
	r := consent.NewRegistry()
	doctor := newKey("doctor").Public()
	add := func(number uint64, at consent.Time, f consent.RegistryFields) {
		t.Helper()
		if err := r.Add(consent.Entry{Number: number, Height: int64(number), Time: at}, consent.Item{Class: consent.ClassRegistry, Fields: consent.Encode(f)}); err != nil {
			t.Fatal(err)
		}
	}
	licence := func(s consent.LicenceStatus) consent.RegistryFields {
		return consent.RegistryFields{Licence: &consent.Licence{Key: doctor, Board: n.board.ID, Status: s}}
	}
	add(0, 100, licence(consent.LicenceActive))
	add(1, 200, licence(consent.LicenceSuspended))
	add(2, 300, licence(consent.LicenceActive))
	for at, good := range map[consent.Time]bool{99: false, 100: true, 199: true, 200: false, 299: false, 300: true, 1000: true} {
		if l, ok := r.LicenceAt(doctor, at); (ok && l.LicensedAt(at)) != good {
			t.Errorf("licensed at %d: %+v", at, l)
		}
	}
	old, renamed := n.clinic.content(consent.Clinic, 0), n.clinic.content(consent.Clinic, 0)
	renamed.Name = "New Name"
	renamed.Ledger[0].Compromised = 7
	add(3, 400, consent.RegistryFields{Institution: old})
	add(4, 500, consent.RegistryFields{Institution: renamed})
	if i, _ := r.InstitutionAt(n.clinic.ID, 499); i.Name != old.Name {
		t.Errorf("at 499 it is called %q", i.Name)
	}
	if i, _ := r.Institution(n.clinic.ID); i.Name != "New Name" {
		t.Errorf("now it is called %q", i.Name)
	}
	id := n.clinic.ledger.Public().ID()
	if !second(r.KeyAt(n.clinic.ID, id, 6, 450)) || second(r.KeyAt(n.clinic.ID, id, 7, 450)) {
		t.Error("a key counts from the height on at which it was lost, whenever that became known")
	}
	if err := r.Add(consent.Entry{}, consent.Item{Class: consent.ClassSay, Fields: n.genesis.Registry[0]}); err == nil {
		t.Error("a say was folded into the registry")
	}
	if err := r.Add(consent.Entry{}, consent.Item{Class: consent.ClassRegistry, Fields: []byte{0x80}}); err == nil {
		t.Error("garbage was folded into the registry")
	}
}
