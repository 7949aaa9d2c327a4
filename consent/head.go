package consent

import "fmt"

// MaxHeadBytes limits an encoded head.
const MaxHeadBytes = 8192

// Head is the state of one log, provable by one state proof: its tree and
// what its rules need.
type Head struct {
	_        struct{} `cbor:",toarray"`
	Version  uint8    // 1
	Kind     LogKind
	Tree     Frontier
	Chart    *Chart
	Transfer *Transfer
	Rate     Rate
}

// Chart is a chart's part of its log's head.
type Chart struct {
	_           struct{} `cbor:",toarray"`
	Keys        ChartKeys
	FrozenUntil Time
	Closed      bool
}

// Frozen tells whether the chart is frozen at t; a freeze ends at its date.
func (c Chart) Frozen(t Time) bool { return t < c.FrozenUntil }

// Rate counts the entries of a log's patient in the current hour of block
// time, the stop class apart.
type Rate struct {
	_     struct{} `cbor:",toarray"`
	Hour  int64
	Count uint8
	Stops uint8
}

// RatePerHour is the most entries a patient key may write in an hour of block
// time; the stop class has as many of its own.
const RatePerHour = 60

// count returns the rate after one more entry, or false if there is no room.
func (r Rate) count(now Time, stop bool) (Rate, bool) {
	if r.Hour != now.Hour() {
		r = Rate{Hour: now.Hour()}
	}
	bucket := &r.Count
	if stop {
		bucket = &r.Stops
	}
	if *bucket >= RatePerHour {
		return r, false
	}
	*bucket++
	return r, true
}

// DecodeHead reads a head's bytes as the state holds them.
func DecodeHead(b []byte) (Head, error) {
	var h Head
	if err := Decode(b, MaxHeadBytes, &h); err != nil {
		return Head{}, fmt.Errorf("head: %w", err)
	}
	if h.Version != 1 {
		return Head{}, fmt.Errorf("head version %d is not known", h.Version)
	}
	if err := h.Tree.Check(); err != nil {
		return Head{}, err
	}
	if (h.Kind == ChartLog) != (h.Chart != nil) || (h.Kind == TransferLog) != (h.Transfer != nil) {
		return Head{}, fmt.Errorf("a head of kind %d has the wrong parts", h.Kind)
	}
	return h, nil
}

// Grant is a live permission in the state; a revoked or used-up grant has no
// key there, so its absence is provable.
type Grant struct {
	_       struct{} `cbor:",toarray"`
	Expiry  Time
	Limited bool
	Left    uint32 // uses left when Limited
}

// DecodeGrant reads a grant as the state holds it.
func DecodeGrant(b []byte) (Grant, error) {
	var g Grant
	if err := Decode(b, 64, &g); err != nil {
		return Grant{}, fmt.Errorf("grant: %w", err)
	}
	return g, nil
}

// Clock is the ledger's sense of time after a block.
type Clock struct {
	_    struct{} `cbor:",toarray"`
	Time Time
	Live Live
}

// DecodeClock reads the clock as the state holds it.
func DecodeClock(b []byte) (Clock, error) {
	var c Clock
	if err := Decode(b, 32, &c); err != nil {
		return Clock{}, fmt.Errorf("clock: %w", err)
	}
	return c, nil
}

// KeyUse says which log a patient, source or destination key belongs to.
type KeyUse struct {
	_       struct{} `cbor:",toarray"`
	Log     LogID
	Current bool // false once rotated away
}

// DecodeKeyUse reads a key's use as the state holds it.
func DecodeKeyUse(b []byte) (KeyUse, error) {
	var u KeyUse
	if err := Decode(b, 64, &u); err != nil {
		return KeyUse{}, fmt.Errorf("key use: %w", err)
	}
	return u, nil
}

// Keys of the state.

// HeadKey is where a log's [Head] stands.
func HeadKey(log LogID) []byte { return append([]byte("log/"), log[:]...) }

// GrantKey is where a live [Grant] stands.
func GrantKey(log LogID, number uint64) []byte {
	key := append([]byte("grant/"), log[:]...)
	for shift := 56; shift >= 0; shift -= 8 {
		key = append(key, byte(number>>shift))
	}
	return key
}

// KeyUseKey is where a key's [KeyUse] stands; its absence proves that the key
// never opened a log.
func KeyUseKey(key PublicKey) []byte { return append([]byte("key/"), key[:]...) }

// InstitutionKey is where a registered [Institution] stands.
func InstitutionKey(id InstitutionID) []byte { return append([]byte("inst/"), id[:]...) }

// LicenceKey is where a [Licence] stands.
func LicenceKey(key PublicKey) []byte { return append([]byte("licence/"), key[:]...) }

// ClockKey is where the [Clock] stands.
func ClockKey() []byte { return []byte("clock") }

// nonceKey is where the running hashes of the nonce buckets stand.
func nonceKey() []byte { return []byte("nonces") }

// quotaKey is where the count of logs a sponsor opened today stands.
func quotaKey(id InstitutionID) []byte { return append([]byte("quota/"), id[:]...) }
