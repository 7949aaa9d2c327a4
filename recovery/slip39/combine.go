package slip39

import (
	"crypto/subtle"
	"errors"
	"slices"
)

// Combine puts the secret together. More shares than needed are no mistake, nor
// is one that is there twice: a part of them that fits together is taken. Errors
// are [*MissingError] (too few), [*SetError] (not split together),
// [*ConflictError], [*ShapeError] (none that was read), [ErrDigest] (one is not
// genuine), [ErrAmbiguous] (so many are not that they give a secret of their own),
// [ErrPassphrase] and [ErrNotAllowed]; a wrong passphrase gives another secret and no
// error. It takes 10,000·2^Exponent rounds of PBKDF2, as the shares say: minutes, at
// the highest.
//
// The secret is checked by 32 bits wherever a threshold is above 1. Someone who does
// not know it and forges shares so that none of the at most 12,870 choices among a
// group's shares is right has a chance below 1 in 300,000 to have another secret
// accepted. Shares are not signed: as many as are needed, all of them forged, are a
// secret like any other.
func Combine(shares []Share, passphrase []byte) ([]byte, error) {
	if err := checkPassphrase(passphrase); err != nil {
		return nil, err
	}
	encrypted, set, err := gather(shares)
	if err != nil {
		return nil, err
	}
	defer clear(encrypted)
	return set.decrypt(encrypted, passphrase)
}

// gather puts together what was encrypted.
func gather(shares []Share) ([]byte, set, error) {
	c, err := collect(shares)
	if err != nil {
		return nil, set{}, err
	}
	if p := c.progress(); !p.Done() {
		return nil, set{}, &MissingError{p}
	}
	encrypted, err := c.recover()
	return encrypted, c.common.set(), err
}

// collection are shares of one set, sorted by group.
type collection struct {
	common Share // what all have in common
	groups [maxCount]members
}

// members are a group's shares, each once.
type members struct {
	threshold int // 0: none is there
	points    []point
	places    []int // in the caller's list
}

func collect(shares []Share) (*collection, error) {
	c := &collection{}
	for place, s := range shares {
		if err := s.Check(); err != nil {
			return nil, err
		}
		if place == 0 {
			c.common = s
		}
		if d := c.common.differs(s); d != 0 {
			return nil, &SetError{First: 0, Other: place, Difference: d}
		}
		if err := c.groups[s.Group].add(s, place); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// differs says in what two shares of one set may not differ, or 0.
func (s Share) differs(other Share) Difference {
	switch {
	case s.ID != other.ID:
		return DifferentID
	case s.Extendable != other.Extendable:
		return DifferentExtendable
	case s.Exponent != other.Exponent:
		return DifferentExponent
	case s.GroupThreshold != other.GroupThreshold:
		return DifferentGroupThreshold
	case s.Groups != other.Groups:
		return DifferentGroups
	case len(s.value) != len(other.value):
		return DifferentLength
	}
	return 0
}

func (m *members) add(s Share, place int) error {
	if m.threshold == 0 {
		m.threshold = s.Threshold
	}
	if m.threshold != s.Threshold {
		return &SetError{First: m.places[0], Other: place, Difference: DifferentThreshold}
	}
	for i, known := range m.points {
		if known.x != byte(s.Member) {
			continue
		}
		if subtle.ConstantTimeCompare(known.y, s.value) != 1 {
			return &ConflictError{First: m.places[i], Other: place}
		}
		return nil
	}
	m.points = append(m.points, point{x: byte(s.Member), y: s.value})
	m.places = append(m.places, place)
	return nil
}

func (c *collection) progress() Progress {
	p := Progress{GroupThreshold: c.common.GroupThreshold, Groups: c.common.Groups}
	for i, m := range c.groups {
		if m.threshold > 0 {
			p.Begun = append(p.Begun, GroupProgress{Group: i, Have: len(m.points), Need: m.threshold})
		}
	}
	return p
}

// recover puts together what was split into groups.
func (c *collection) recover() ([]byte, error) {
	var points []point
	defer func() {
		for _, p := range points {
			clear(p.y)
		}
	}()
	for i, m := range c.groups {
		if m.threshold == 0 || len(m.points) < m.threshold {
			continue
		}
		value, err := anyOf(m.points, m.threshold)
		switch {
		case errors.Is(err, ErrAmbiguous):
			return nil, err
		case err == nil:
			points = append(points, point{x: byte(i), y: value})
		}
	}
	if len(points) < c.common.GroupThreshold {
		return nil, ErrDigest
	}
	return anyOf(points, c.common.GroupThreshold)
}

// anyOf recovers a secret from as many points as it takes, whichever fit
// together. Where one is enough nothing can be checked but that all say the same.
// [ErrAmbiguous] if not all that fit together give the same.
func anyOf(points []point, threshold int) ([]byte, error) {
	if threshold == 1 {
		for _, p := range points[1:] {
			if subtle.ConstantTimeCompare(points[0].y, p.y) != 1 {
				return nil, ErrAmbiguous
			}
		}
		return recoverFrom(points[:1])
	}
	var found []byte
	chosen := make([]point, threshold)
	for choice, more := firstChoice(threshold), true; more; more = nextChoice(choice, len(points)) {
		for i, at := range choice {
			chosen[i] = points[at]
		}
		secret, err := recoverFrom(chosen)
		if err != nil {
			continue
		}
		if found == nil && allFit(chosen, points) {
			return secret, nil
		}
		if found, err = agreed(found, secret); err != nil {
			return nil, err
		}
	}
	if found == nil {
		return nil, ErrDigest
	}
	return found, nil
}

// agreed is the first of two secrets, or the only one. [ErrAmbiguous] if they
// differ.
func agreed(found, secret []byte) ([]byte, error) {
	if found == nil {
		return secret, nil
	}
	defer clear(secret)
	if subtle.ConstantTimeCompare(found, secret) != 1 {
		clear(found)
		return nil, ErrAmbiguous
	}
	return found, nil
}

// allFit tells whether all points are on the polynomial through the chosen ones, so
// that any choice gives the same.
func allFit(chosen, points []point) bool {
	var others []point
	var places []byte
	var values [][]byte
	for _, p := range points {
		if !slices.ContainsFunc(chosen, func(c point) bool { return c.x == p.x }) {
			others, places, values = append(others, p), append(places, p.x), append(values, make([]byte, len(p.y)))
		}
	}
	if len(others) == 0 {
		return true
	}
	defer clearAll(values)
	interpolate(chosen, places, values)
	fit := 1
	for i, p := range others {
		fit &= subtle.ConstantTimeCompare(values[i], p.y)
	}
	return fit == 1
}

// firstChoice is 0, 1, … n−1.
func firstChoice(n int) []int {
	choice := make([]int, n)
	for i := range choice {
		choice[i] = i
	}
	return choice
}

// nextChoice moves on to the next choice among n, or says that there is none.
func nextChoice(choice []int, n int) bool {
	for i := len(choice) - 1; i >= 0; i-- {
		if choice[i] < n-len(choice)+i {
			choice[i]++
			for j := i + 1; j < len(choice); j++ {
				choice[j] = choice[j-1] + 1
			}
			return true
		}
	}
	return false
}
