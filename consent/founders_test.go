package consent_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"carekey/consent"
)

// founding is a genesis that a test takes apart: a hospital, a clinic, a board
// and a licence of that board.
type founding struct {
	genesis                 consent.Genesis
	hospital, clinic, board *consent.Institution
	licence                 *consent.Licence
	order                   []consent.RegistryFields
}

func newFounding(t *testing.T) *founding {
	n := newNetwork(t)
	f := &founding{
		genesis:  *n.genesis,
		hospital: n.hospital.content(consent.Hospital, 0), clinic: n.clinic.content(consent.Clinic, 0), board: n.board.content(consent.Board, 0),
		licence: &consent.Licence{Key: newKey("doctor").Public(), Board: n.board.ID, Status: consent.LicenceActive},
	}
	f.order = []consent.RegistryFields{{Institution: f.hospital}, {Institution: f.clinic}, {Institution: f.board}, {Licence: f.licence}}
	return f
}

func (f *founding) read(t *testing.T) error {
	t.Helper()
	f.genesis.Registry = nil
	for _, fields := range f.order {
		f.genesis.Registry = append(f.genesis.Registry, consent.Encode(fields))
	}
	b, err := json.Marshal(f.genesis)
	if err != nil {
		t.Fatal(err)
	}
	_, err = consent.DecodeGenesis(b)
	return err
}

// A genesis that contradicts itself is refused in one sentence that says where
// and why.
func TestGenesisContradictsItself(t *testing.T) {
	if err := newFounding(t).read(t); err != nil {
		t.Fatalf("what every case changes: %v", err)
	}
	const year = 365 * 24 * time.Hour
	for name, tt := range map[string]struct {
		change func(*founding)
		want   string
	}{
		"chain id of 51 bytes": {func(f *founding) { f.genesis.Chain = strings.Repeat("x", 51) }, "genesis: the chain id has 1 to 50 bytes"},
		"chain id of two words": {func(f *founding) { f.genesis.Chain = "my chain" },
			"genesis: the chain id has characters other than ASCII letters, digits and signs"},
		"chain id with a break":      {func(f *founding) { f.genesis.Chain = "a\nb" }, "genesis: the chain id has characters other"},
		"chain id beyond ASCII":      {func(f *founding) { f.genesis.Chain = "kéy" }, "genesis: the chain id has characters other"},
		"1970 there, 1969 in UTC":    {func(f *founding) { f.genesis.Time = time.Date(1970, 1, 1, 0, 0, 0, 0, time.FixedZone("", 60)) }, "not of these centuries"},
		"empty blocks too far apart": {func(f *founding) { f.genesis.Params.EmptyBlocks = time.Hour + 1 }, "genesis: empty blocks come more than 0 and at most 1h0m0s apart"},
		"a use that waits too long":  {func(f *founding) { f.genesis.Params.CollectWithin = 30*24*time.Hour + 1 }, "genesis: a collected use waits more than 0 and at most 720h0m0s for its release"},
		"no log a day":               {func(f *founding) { f.genesis.Params.LogsPerDay = 0 }, "genesis: no institution could open a log"},
		"entries kept 399 days":      {func(f *founding) { f.genesis.Params.KeepEntries = 399 * 24 * time.Hour }, "genesis: entries are kept for at least 400 days"},
		"entries kept for ever":      {func(f *founding) { f.genesis.Params.KeepEntries = 100*year + 1 }, "genesis: entries are kept for at most 100 years"},

		"nobody": {func(f *founding) { f.order = nil }, "genesis: the registry names no institution but boards"},
		"boards alone": {func(f *founding) { f.order = f.order[2:] },
			"genesis: the registry names no institution but boards, so nobody could open a chart"},
		"an id of nobody": {func(f *founding) { f.clinic.ID[0] ^= 1 },
			"genesis registry entry 1: the id of Heart Clinic does not follow from its first ledger key"},
		"an id of another network": {func(f *founding) {
			f.clinic.ID = consent.NewInstitutionID(consent.NetworkID{1}, f.clinic.Ledger[0].Key)
		}, "genesis registry entry 1: the id of Heart Clinic does not follow from its first ledger key"},
		"an id of its second key": {func(f *founding) {
			f.clinic.Ledger = append([]consent.LedgerKey{{Key: newKey("older").Public()}}, f.clinic.Ledger...)
		}, "genesis registry entry 1: the id of Heart Clinic does not follow"},
		"an institution twice": {func(f *founding) { f.order = append(f.order, f.order[0]) }, "genesis registry entry 4: City Hospital is named twice"},
		"an institution in two versions": {func(f *founding) {
			later := *f.hospital
			later.Name = "New City Hospital"
			f.order = append(f.order, consent.RegistryFields{Institution: &later})
		}, "genesis registry entry 4: New City Hospital is named twice"},
		"a name twice": {func(f *founding) { f.clinic.Name = "city hospital" }, "genesis registry entry 1: two institutions are called city hospital, in one place"},
		"a ledger key twice": {func(f *founding) { f.clinic.Ledger = append(f.clinic.Ledger, f.clinic.Ledger[0]) },
			"genesis registry entry 1: a key of Heart Clinic is named twice"},
		"another's ledger key":     {func(f *founding) { f.clinic.Ledger = append(f.clinic.Ledger, f.hospital.Ledger[0]) }, "genesis registry entry 1: a key of Heart Clinic is named twice"},
		"another's TLS key":        {func(f *founding) { f.clinic.TLS = f.hospital.TLS }, "genesis registry entry 1: a key of Heart Clinic is named twice"},
		"one key for two purposes": {func(f *founding) { f.clinic.TLS = f.clinic.Ledger }, "genesis registry entry 1: a key of Heart Clinic is named twice"},
		"a licence twice":          {func(f *founding) { f.order = append(f.order, f.order[3]) }, "genesis registry entry 4: a key of a licence is named twice"},
		"a licence by an institution's key": {func(f *founding) { f.licence.Key = f.clinic.TLS[0].Key },
			"genesis registry entry 3: a key of a licence is named twice"},
		"a licence of no board":      {func(f *founding) { f.licence.Board = consent.InstitutionID{} }, "genesis registry entry 3: the licence names a board that is not in the registry before it"},
		"a licence of a hospital":    {func(f *founding) { f.licence.Board = f.hospital.ID }, "genesis registry entry 3: the licence names a board that is not in the registry before it"},
		"a licence before its board": {func(f *founding) { f.order[2], f.order[3] = f.order[3], f.order[2] }, "genesis registry entry 2: the licence names a board that is not"},

		"an institution that ends as it begins": {func(f *founding) { f.clinic.From, f.clinic.Until = 9, 9 },
			"genesis registry entry 1: an end is not after its beginning, or a time is before 1970"},
		"an institution before 1970":   {func(f *founding) { f.clinic.From = -1 }, "genesis registry entry 1: an end is not after its beginning, or a time is before 1970"},
		"an institution that ends <0":  {func(f *founding) { f.clinic.Until = -1 }, "genesis registry entry 1: an end is not after its beginning"},
		"a ledger key that ends first": {func(f *founding) { f.clinic.Ledger[0].From, f.clinic.Ledger[0].Until = 10, 9 }, "genesis registry entry 1: an end is not after its beginning"},
		"a TLS key that ends first":    {func(f *founding) { f.clinic.TLS[0].From, f.clinic.TLS[0].Until = 10, 9 }, "genesis registry entry 1: an end is not after its beginning"},
		"a licence that ends first":    {func(f *founding) { f.licence.From, f.licence.Until = 10, 9 }, "genesis registry entry 3: an end is not after its beginning"},
		"a key lost at height -1":      {func(f *founding) { f.clinic.Ledger[0].Compromised = -1 }, "genesis registry entry 1: a key is marked as lost before the first block"},

		"no kind":                 {func(f *founding) { f.clinic.Kind = 0 }, "genesis registry entry 1: institution kind 0 is not known"},
		"no name":                 {func(f *founding) { f.clinic.Name = "" }, "genesis registry entry 1: an institution's name has 1 to 128 bytes"},
		"a name of 129 bytes":     {func(f *founding) { f.clinic.Name = strings.Repeat("x", 129) }, "genesis registry entry 1: an institution's name has 1 to 128 bytes"},
		"a place of 129 bytes":    {func(f *founding) { f.clinic.Place = strings.Repeat("x", 129) }, "genesis registry entry 1: an institution's place has at most 128 bytes"},
		"a name that is reversed": {func(f *founding) { f.clinic.Name = "\u202elatipsoH" }, "genesis registry entry 1: an institution's name or place holds characters that cannot be read"},
		"a name with a colour":    {func(f *founding) { f.clinic.Name = "\x1b[31mClinic" }, "genesis registry entry 1: an institution's name or place holds"},
		"a name of a space":       {func(f *founding) { f.clinic.Name = " " }, "genesis registry entry 1: an institution's name or place holds"},
		"a place in two lines":    {func(f *founding) { f.clinic.Place = "a\nb" }, "genesis registry entry 1: an institution's name or place holds"},
		"nine addresses": {func(f *founding) { f.clinic.Addresses = strings.Fields(strings.Repeat("a:1 ", 9)) },
			"genesis registry entry 1: an institution has at most 8 addresses"},
		"an empty address":        {func(f *founding) { f.clinic.Addresses = []string{""} }, "genesis registry entry 1: an institution's address has 1 to 256 bytes"},
		"an address of 257 bytes": {func(f *founding) { f.clinic.Addresses = []string{strings.Repeat("a", 257)} }, "genesis registry entry 1: an institution's address has 1 to 256 bytes"},
		"an address with a space": {func(f *founding) { f.clinic.Addresses = []string{"a b:1"} }, "genesis registry entry 1: an institution's address has 1 to 256 bytes"},
		"no ledger key":           {func(f *founding) { f.clinic.Ledger = nil }, "genesis registry entry 1: an institution needs a ledger key and a TLS key"},
		"no TLS key":              {func(f *founding) { f.clinic.TLS = nil }, "genesis registry entry 1: an institution needs a ledger key and a TLS key"},
		"a weak TLS key":          {func(f *founding) { f.clinic.TLS[0].Key = consent.PublicKey{} }, "genesis registry entry 1: " + consent.ErrBadKey.Error()},
		"a weak licence key":      {func(f *founding) { f.licence.Key = consent.PublicKey{} }, "genesis registry entry 3: " + consent.ErrBadKey.Error()},
		"licence status 0":        {func(f *founding) { f.licence.Status = 0 }, "genesis registry entry 3: licence status 0 is not known"},
		"licence status 4":        {func(f *founding) { f.licence.Status = 4 }, "genesis registry entry 3: licence status 4 is not known"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFounding(t)
			tt.change(f)
			err := f.read(t)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) && !strings.HasSuffix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// What is just within the limits is taken.
func TestGenesisWithinItsLimits(t *testing.T) {
	for name, change := range map[string]func(*founding){
		"chain id of 50 bytes": func(f *founding) { f.genesis.Chain = strings.Repeat("~", 50) },
		"the widest parameters": func(f *founding) {
			f.genesis.Params = consent.Params{EmptyBlocks: time.Hour, LogsPerDay: 1<<32 - 1, CollectWithin: 30 * 24 * time.Hour, KeepEntries: 100 * 365 * 24 * time.Hour}
		},
		"the narrowest parameters": func(f *founding) {
			f.genesis.Params = consent.Params{EmptyBlocks: 1, LogsPerDay: 1, CollectWithin: 1, KeepEntries: 400 * 24 * time.Hour}
		},
		"one name in two places":         func(f *founding) { f.clinic.Name, f.clinic.Place = f.hospital.Name, "Shelbyville" },
		"a name of 128 bytes":            func(f *founding) { f.clinic.Name = strings.Repeat("x", 128) },
		"an institution without address": func(f *founding) { f.clinic.Addresses = nil },
		"days of one nanosecond":         func(f *founding) { f.clinic.From, f.clinic.Until, f.licence.Until = 0, 1, 1 },
		"a second ledger key": func(f *founding) {
			f.clinic.Ledger = append(f.clinic.Ledger, consent.LedgerKey{Key: newKey("second").Public(), From: 1})
		},
		"two licences of one board": func(f *founding) {
			second := *f.licence
			second.Key = newKey("other doctor").Public()
			f.order = append(f.order, consent.RegistryFields{Licence: &second})
		},
	} {
		f := newFounding(t)
		change(f)
		if err := f.read(t); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestGenesisYears(t *testing.T) {
	for year, good := range map[int]bool{1969: false, 1970: true, 2200: true, 2201: false} {
		t.Run(fmt.Sprint(year), func(t *testing.T) {
			f := newFounding(t)
			f.genesis.Time = time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
			if err := f.read(t); (err == nil) != good {
				t.Errorf("%v", err)
			}
		})
	}
}
