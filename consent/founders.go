package consent

import (
	"errors"
	"fmt"
	"strings"
)

// founders are the institutions, boards and licences that a genesis names, as
// far as they are read: what the next one must not repeat, and may refer to.
type founders struct {
	network NetworkID
	ids     map[InstitutionID]InstitutionKind
	names   map[[2]string]bool // name and place, in lower case
	keys    map[PublicKey]bool // every key has one owner and one purpose
}

// checkRegistry refuses a registry that contradicts itself: nobody could mend
// it once the ledger has begun.
func (g *Genesis) checkRegistry() error {
	f := founders{
		network: g.Network, ids: map[InstitutionID]InstitutionKind{},
		names: map[[2]string]bool{}, keys: map[PublicKey]bool{},
	}
	for i, b := range g.Registry {
		fields, err := DecodeRegistryFields(Item{Class: ClassRegistry, Fields: b})
		if err == nil {
			err = f.add(fields)
		}
		if err != nil {
			return fmt.Errorf("genesis registry entry %d: %w", i, err)
		}
	}
	for _, kind := range f.ids {
		if kind != Board {
			return nil
		}
	}
	return errors.New("genesis: the registry names no institution but boards, so nobody could open a chart")
}

func (f *founders) add(fields RegistryFields) error {
	if fields.Institution != nil {
		return f.institution(*fields.Institution)
	}
	return f.licence(*fields.Licence)
}

func (f *founders) institution(i Institution) error {
	name := [2]string{strings.ToLower(i.Name), strings.ToLower(i.Place)}
	_, again := f.ids[i.ID]
	switch {
	case i.ID != NewInstitutionID(f.network, i.Ledger[0].Key):
		return fmt.Errorf("the id of %s does not follow from its first ledger key", i.Name)
	case again:
		return fmt.Errorf("%s is named twice", i.Name)
	case f.names[name]:
		return fmt.Errorf("two institutions are called %s, in one place", i.Name)
	}
	for _, keys := range [][]LedgerKey{i.Ledger, i.TLS} {
		for _, k := range keys {
			if err := f.key(k.Key, i.Name); err != nil {
				return err
			}
		}
	}
	f.ids[i.ID], f.names[name] = i.Kind, true
	return nil
}

func (f *founders) licence(l Licence) error {
	if kind, ok := f.ids[l.Board]; !ok || kind != Board {
		return errors.New("the licence names a board that is not in the registry before it")
	}
	return f.key(l.Key, "a licence")
}

func (f *founders) key(k PublicKey, owner string) error {
	if f.keys[k] {
		return fmt.Errorf("a key of %s is named twice", owner)
	}
	f.keys[k] = true
	return nil
}
