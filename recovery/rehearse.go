package recovery

import (
	"crypto/subtle"
	"errors"
	"slices"

	"carekey/recovery/slip39"
)

// ErrRehearsal means that shares did not give back what was split. Nobody should
// ever see it: it stands between a fault in the computer and a secret that is
// lost.
var ErrRehearsal = errors.New("the shares did not give the secret back, so none was handed out: try again, on another computer if this repeats")

// Rehearse puts a secret together again before its shares are handed out. Each
// share is read back from its words, and each takes part: what a relative reads
// in ten years is what is tried here.
func Rehearse(groups [][]slip39.Share, secret, passphrase []byte) error {
	read, err := readBack(groups)
	defer wipe(read)
	if err == nil {
		err = belong(read)
	}
	if err != nil {
		return err
	}
	var whole []byte
	for start := range rounds(read) {
		some := choose(read, start)
		if start == 0 {
			if err := gives(some, secret, passphrase); err != nil {
				return err
			}
		}
		encrypted, err := quick(some)
		if err != nil {
			return errors.Join(ErrRehearsal, err)
		}
		defer clear(encrypted)
		if whole == nil {
			whole = encrypted
		}
		if subtle.ConstantTimeCompare(encrypted, whole) != 1 {
			return ErrRehearsal
		}
	}
	return nil
}

// belong tells whether the shares are a whole splitting, none of them missing, there
// twice or of another set: those that are never put together in the rounds, too.
func belong(groups [][]slip39.Share) error {
	p, err := slip39.Missing(slices.Concat(groups...))
	switch {
	case err != nil:
		return errors.Join(ErrRehearsal, err)
	case !p.Done() || p.Groups != len(groups) || len(p.Begun) != len(groups):
		return ErrRehearsal
	}
	for i, g := range p.Begun {
		if g.Have != len(groups[i]) || !g.Done() {
			return ErrRehearsal
		}
	}
	return nil
}

// Fit tells whether shares suffice and give what was split, without giving it.
// Errors are those of [slip39.Combine].
func Fit(shares []slip39.Share) error {
	encrypted, err := quick(shares)
	clear(encrypted)
	return err
}

// quick combines in the time of exponent 0, whatever the shares' own is. That
// gives another value than the secret, but one that depends on the shared value
// alone, so that equal values mean equal secrets.
func quick(shares []slip39.Share) ([]byte, error) {
	light := make([]slip39.Share, len(shares))
	for i, s := range shares {
		s.Exponent = 0
		light[i] = s
	}
	return slip39.Combine(light, nil)
}

func gives(shares []slip39.Share, secret, passphrase []byte) error {
	got, err := slip39.Combine(shares, passphrase)
	if err != nil {
		return errors.Join(ErrRehearsal, err)
	}
	defer clear(got)
	if subtle.ConstantTimeCompare(got, secret) != 1 {
		return ErrRehearsal
	}
	return nil
}

func readBack(groups [][]slip39.Share) ([][]slip39.Share, error) {
	read := make([][]slip39.Share, len(groups))
	for g, shares := range groups {
		for _, s := range shares {
			again, err := slip39.Parse(s.Sentence())
			if err != nil {
				return read, errors.Join(ErrRehearsal, err)
			}
			read[g] = append(read[g], again)
		}
	}
	return read, nil
}

// rounds is after how many choices every share had its turn: each group is the
// first as often as its members, taken a threshold at a time, need.
func rounds(groups [][]slip39.Share) int {
	most := 1
	for _, shares := range groups {
		need := shares[0].Threshold
		most = max(most, (len(shares)+need-1)/need)
	}
	return most * len(groups)
}

// choose takes as many groups and members as are needed, beginning with others
// each time.
func choose(groups [][]slip39.Share, round int) []slip39.Share {
	var some []slip39.Share
	for i := range groups[0][0].GroupThreshold {
		shares := groups[(round+i)%len(groups)]
		need := shares[0].Threshold
		for m := range need {
			some = append(some, shares[(round/len(groups)*need+m)%len(shares)])
		}
	}
	return some
}

func wipe(groups [][]slip39.Share) {
	for _, shares := range groups {
		for _, s := range shares {
			s.Wipe()
		}
	}
}
