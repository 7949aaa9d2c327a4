package consent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Limits of the registry.
const (
	MaxNameBytes     = 128
	MaxAddresses     = 8
	MaxAddressBytes  = 256
	MaxRegistryBytes = MaxItemBytes - 128 // so that an entry's fields fit its item
)

// InstitutionKind tells what an institution is.
type InstitutionKind uint8

// The kinds of institution. A board is an authority that issues, suspends and
// revokes licences.
const (
	Hospital InstitutionKind = iota + 1
	Clinic
	Laboratory
	Insurer
	Study
	Board
	institutionKindEnd
)

// LedgerKey is an institution's key with its days.
type LedgerKey struct {
	_           struct{} `cbor:",toarray"`
	Key         PublicKey
	From        Time
	Until       Time  // 0: no end named
	Compromised int64 // signatures from this height on count for nothing; 0: never
}

// validAt tells whether the key may sign in a block.
func (k LedgerKey) validAt(height int64, t Time) bool {
	return t >= k.From && (k.Until == 0 || t < k.Until) && (k.Compromised == 0 || height < k.Compromised)
}

// Institution is an institution's or a board's present content in the state.
type Institution struct {
	_         struct{} `cbor:",toarray"`
	ID        InstitutionID
	Kind      InstitutionKind
	Name      string
	Place     string
	Ledger    []LedgerKey
	TLS       []LedgerKey
	Seal      Hash     // SHA-256 of the age recipient's text
	Addresses []string // host:port of the gateway; hints
	From      Time
	Until     Time // 0: no end named
}

// ActiveAt tells whether the institution takes part at block time t.
func (i Institution) ActiveAt(t Time) bool {
	return t >= i.From && (i.Until == 0 || t < i.Until)
}

// LedgerKeyAt finds the ledger key with this id that may sign in a block.
func (i Institution) LedgerKeyAt(id KeyID, height int64, t Time) (PublicKey, bool) {
	return keyAt(i.Ledger, func(k PublicKey) bool { return k.ID() == id }, height, t)
}

// TLSKeyAt tells whether key is a TLS key of the institution at t.
func (i Institution) TLSKeyAt(key PublicKey, height int64, t Time) bool {
	_, ok := keyAt(i.TLS, func(k PublicKey) bool { return k == key }, height, t)
	return ok
}

func keyAt(keys []LedgerKey, match func(PublicKey) bool, height int64, t Time) (PublicKey, bool) {
	for _, k := range keys {
		if match(k.Key) && k.validAt(height, t) {
			return k.Key, true
		}
	}
	return PublicKey{}, false
}

func (i Institution) check() error {
	if i.Kind < Hospital || i.Kind >= institutionKindEnd {
		return fmt.Errorf("institution kind %d is not known", i.Kind)
	}
	if err := i.checkTexts(); err != nil {
		return err
	}
	if len(i.Ledger) == 0 || len(i.TLS) == 0 {
		return errors.New("an institution needs a ledger key and a TLS key")
	}
	for _, k := range slices.Concat(i.Ledger, i.TLS) {
		if err := k.check(); err != nil {
			return err
		}
	}
	return checkDays(i.From, i.Until)
}

// checkTexts refuses what people could not read or tell apart: names and
// addresses are on one line, without characters that control or reorder it.
func (i Institution) checkTexts() error {
	switch {
	case i.Name == "" || len(i.Name) > MaxNameBytes:
		return fmt.Errorf("an institution's name has 1 to %d bytes", MaxNameBytes)
	case len(i.Place) > MaxNameBytes:
		return fmt.Errorf("an institution's place has at most %d bytes", MaxNameBytes)
	case len(i.Addresses) > MaxAddresses:
		return fmt.Errorf("an institution has at most %d addresses", MaxAddresses)
	}
	for _, text := range []string{i.Name, i.Place} {
		if strings.ContainsFunc(text, disturbs) || strings.TrimSpace(text) != text {
			return errors.New("an institution's name or place holds characters that cannot be read")
		}
	}
	for _, a := range i.Addresses {
		if a == "" || len(a) > MaxAddressBytes || strings.ContainsFunc(a, func(r rune) bool { return r == ' ' || disturbs(r) }) {
			return fmt.Errorf("an institution's address has 1 to %d bytes, all of which can be read", MaxAddressBytes)
		}
	}
	return nil
}

func (k LedgerKey) check() error {
	if k.Compromised < 0 {
		return errors.New("a key is marked as lost before the first block")
	}
	if err := k.Key.Check(); err != nil {
		return err
	}
	return checkDays(k.From, k.Until)
}

// checkDays refuses an end that is not after its beginning, and times before
// 1970.
func checkDays(from, until Time) error {
	if from < 0 || until != 0 && until <= from {
		return errors.New("an end is not after its beginning, or a time is before 1970")
	}
	return nil
}

// LicenceStatus is what a board says of a licence.
type LicenceStatus uint8

// The statuses.
const (
	LicenceActive LicenceStatus = iota + 1
	LicenceSuspended
	LicenceRevoked
	licenceStatusEnd
)

// Licence is a clinician's licence: key, board, status and days are public,
// name and number stay in the detail.
type Licence struct {
	_      struct{} `cbor:",toarray"`
	Key    PublicKey
	Board  InstitutionID
	Status LicenceStatus
	From   Time
	Until  Time
}

// LicensedAt tells whether the licence is good at t.
func (l Licence) LicensedAt(t Time) bool {
	return l.Status == LicenceActive && t >= l.From && (l.Until == 0 || t < l.Until)
}

// RegistryFields are public in [ClassRegistry]: one of the two.
type RegistryFields struct {
	_           struct{} `cbor:",toarray"`
	Institution *Institution
	Licence     *Licence
}

// Registry is the registry log, folded: who was who, and when.
type Registry struct {
	institutions map[InstitutionID][]dated[Institution]
	licences     map[PublicKey][]dated[Licence]
}

type dated[T any] struct {
	height int64
	since  Time
	value  T
}

// NewRegistry returns an empty registry.
func NewRegistry() *Registry {
	return &Registry{
		institutions: map[InstitutionID][]dated[Institution]{},
		licences:     map[PublicKey][]dated[Licence]{},
	}
}

// Add folds the next entry of the registry log.
func (r *Registry) Add(e Entry, item Item) error {
	if item.Class != ClassRegistry {
		return fmt.Errorf("registry entry %d is a %s", e.Number, item.Class)
	}
	f, err := DecodeRegistryFields(item)
	if err != nil {
		return err
	}
	if f.Institution != nil {
		id := f.Institution.ID
		r.institutions[id] = append(r.institutions[id], dated[Institution]{e.Height, e.Time, *f.Institution})
		return nil
	}
	key := f.Licence.Key
	r.licences[key] = append(r.licences[key], dated[Licence]{e.Height, e.Time, *f.Licence})
	return nil
}

// DecodeRegistryFields reads and checks a registry item's fields.
func DecodeRegistryFields(item Item) (RegistryFields, error) {
	var f RegistryFields
	if err := Decode(item.Fields, MaxRegistryBytes, &f); err != nil {
		return f, fmt.Errorf("registry entry: %w", err)
	}
	switch {
	case (f.Institution == nil) == (f.Licence == nil):
		return f, errors.New("a registry entry names one institution or one licence")
	case f.Institution != nil:
		return f, f.Institution.check()
	}
	return f, f.Licence.check()
}

func (l Licence) check() error {
	if l.Status < LicenceActive || l.Status >= licenceStatusEnd {
		return fmt.Errorf("licence status %d is not known", l.Status)
	}
	if err := l.Key.Check(); err != nil {
		return err
	}
	return checkDays(l.From, l.Until)
}

// Institution returns an institution's newest content.
func (r *Registry) Institution(id InstitutionID) (Institution, bool) {
	return latest(r.institutions[id], Time(1<<63-1))
}

// InstitutionAt returns an institution's content as it was known at t. A key
// marked compromised later counts as of the height the mark names, so the
// newest marks are carried back.
func (r *Registry) InstitutionAt(id InstitutionID, t Time) (Institution, bool) {
	return latest(r.institutions[id], t)
}

// LicenceAt returns a licence as it was known at t.
func (r *Registry) LicenceAt(key PublicKey, t Time) (Licence, bool) {
	return latest(r.licences[key], t)
}

// Institutions returns the newest content of all, by name.
func (r *Registry) Institutions() []Institution {
	all := make([]Institution, 0, len(r.institutions))
	for id := range r.institutions {
		i, _ := r.Institution(id)
		all = append(all, i)
	}
	slices.SortFunc(all, func(a, b Institution) int {
		if a.Name != b.Name {
			if a.Name < b.Name {
				return -1
			}
			return 1
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return all
}

// KeyAt finds the ledger key with which an institution may have signed in the
// block of this height and time, by everything the registry says by now.
func (r *Registry) KeyAt(inst InstitutionID, id KeyID, height int64, t Time) (PublicKey, bool) {
	i, ok := r.Institution(inst)
	if !ok || !i.ActiveAt(t) {
		return PublicKey{}, false
	}
	return i.LedgerKeyAt(id, height, t)
}

// ByTLSKey finds the institution that uses a TLS key at a block.
func (r *Registry) ByTLSKey(key PublicKey, height int64, t Time) (Institution, bool) {
	for id := range r.institutions {
		if i, _ := r.Institution(id); i.ActiveAt(t) && i.TLSKeyAt(key, height, t) {
			return i, true
		}
	}
	return Institution{}, false
}

func latest[T any](versions []dated[T], t Time) (T, bool) {
	for i := len(versions) - 1; i >= 0; i-- {
		if versions[i].since <= t {
			return versions[i].value, true
		}
	}
	var none T
	return none, false
}
