package slip39

import (
	"bytes"
	"errors"
	"testing"
)

// seeds are shares of every length, with and without the extendable flag.
func seeds() (all []Share) {
	for n := MinSecretBytes; n <= MaxSecretBytes; n += 2 {
		all = append(all,
			Share{ID: uint16(n), Extendable: true, GroupThreshold: 1, Groups: 1, Threshold: 3, value: bytes.Repeat([]byte{byte(n)}, n)},
			Share{ID: maxID, Exponent: 15, Group: 15, GroupThreshold: 16, Groups: 16, Member: 15, Threshold: 16, value: make([]byte, n)})
	}
	return all
}

// FuzzParse: what is read as a share is written as the same words, and read
// again as the same share.
func FuzzParse(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.Sentence())
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			if errors.Unwrap(err) != nil || err.Error() == "" {
				t.Errorf("it says %q", err)
			}
			return
		}
		words := Fields(text)
		for i, w := range s.Words() {
			if full, ok := Word(words[i]); !ok || full != w {
				t.Fatalf("word %d was %q and is %q", i+1, words[i], w)
			}
		}
		again, err := Parse(s.Sentence())
		if err != nil || !bytes.Equal(again.Pack(), s.Pack()) {
			t.Fatalf("read again it is %v, %v", again, err)
		}
	})
}

// FuzzUnpack: what is read as a packed share is packed as the same bytes.
func FuzzUnpack(f *testing.F) {
	for _, s := range seeds() {
		f.Add(s.Pack())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Unpack(b)
		if err != nil {
			return
		}
		if !bytes.Equal(s.Pack(), b) {
			t.Fatalf("packed again it is %x", s.Pack())
		}
		again, err := Parse(s.Sentence())
		if err != nil || !bytes.Equal(again.Pack(), b) {
			t.Fatalf("by its words it is %v, %v", again, err)
		}
	})
}

// FuzzCombine: whatever shares are put together, there is a secret of their
// length or an error, and what is missing agrees with that.
func FuzzCombine(f *testing.F) {
	groups, err := Scheme{GroupThreshold: 2, Groups: []Group{{2, 3}, {1, 1}, {3, 4}}}.Split(bytes.Repeat([]byte{9}, 16))
	if err != nil {
		f.Fatal(err)
	}
	var all []byte
	for _, s := range flat(groups) {
		all = append(all, s.Pack()...)
	}
	f.Add(all)
	f.Add(all[:3*(headerBytes+16)])
	f.Fuzz(func(t *testing.T, b []byte) {
		var shares []Share
		for size := headerBytes + 16; len(b) >= size; b = b[size:] {
			s, err := Unpack(b[:size])
			if err != nil {
				return
			}
			s.Exponent = 0 // the time of others is not looked for here
			shares = append(shares, s)
		}
		secret, err := Combine(shares, nil)
		p, missing := Missing(shares)
		if err == nil && (len(secret) != 16 || missing != nil || !p.Done()) || err != nil && secret != nil {
			t.Fatalf("combined: %x, %v; missing: %v, %v", secret, err, p, missing)
		}
	})
}
