package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"carekey/consent"
)

// MaxMarkedHeaders limits how many networks the marks remember.
const MaxMarkedHeaders = 16

// Marks remember how far the wallet has come. What lies behind them on disk or
// on the ledger was turned back.
type Marks struct {
	Generation uint64       // of the vault
	Headers    []HeaderMark // newest verified header of each network, by network id
}

// HeaderMark is the newest header that was verified of one network.
type HeaderMark struct {
	_       struct{} `cbor:",toarray"`
	Network consent.NetworkID
	Height  int64
	Header  consent.Hash
}

type marksBytes struct {
	_          struct{} `cbor:",toarray"`
	Label      string
	Generation uint64
	Headers    []HeaderMark
}

const marksLabel = "carekey/marks/1"

func byNetwork(a, b HeaderMark) int { return bytes.Compare(a.Network[:], b.Network[:]) }

// Encode returns the canonical bytes. It panics above [MaxMarkedHeaders].
func (m Marks) Encode() []byte {
	if len(m.Headers) > MaxMarkedHeaders {
		panic("keyring: marks of too many networks")
	}
	sorted := slices.SortedFunc(slices.Values(m.Headers), byNetwork)
	return consent.Encode(marksBytes{Label: marksLabel, Generation: m.Generation, Headers: sorted})
}

// DecodeMarks reads what [Marks.Encode] wrote.
func DecodeMarks(b []byte) (Marks, error) {
	var in marksBytes
	if err := consent.Decode(b, MaxEntryBytes, &in); err != nil {
		return Marks{}, fmt.Errorf("marks: %w", err)
	}
	if in.Label != marksLabel {
		return Marks{}, errors.New("these are not marks of a known version")
	}
	if len(in.Headers) > MaxMarkedHeaders {
		return Marks{}, fmt.Errorf("marks of %d networks are too many", len(in.Headers))
	}
	for i, h := range in.Headers {
		if h.Height < 0 || i > 0 && byNetwork(in.Headers[i-1], h) >= 0 {
			return Marks{}, errors.New("the marks are not in order")
		}
	}
	return Marks{Generation: in.Generation, Headers: in.Headers}, nil
}

// Header finds the mark of a network.
func (m Marks) Header(network consent.NetworkID) (HeaderMark, bool) {
	i := slices.IndexFunc(m.Headers, func(h HeaderMark) bool { return h.Network == network })
	if i < 0 {
		return HeaderMark{}, false
	}
	return m.Headers[i], true
}

// raised takes from each of two marks what is higher.
func (m Marks) raised(o Marks) Marks {
	out := Marks{Generation: max(m.Generation, o.Generation), Headers: slices.Clone(m.Headers)}
	for _, h := range o.Headers {
		i := slices.IndexFunc(out.Headers, func(k HeaderMark) bool { return k.Network == h.Network })
		switch {
		case i < 0:
			out.Headers = append(out.Headers, h)
		case h.Height > out.Headers[i].Height:
			out.Headers[i] = h
		}
	}
	slices.SortFunc(out.Headers, byNetwork)
	return out
}

func (m Marks) equal(o Marks) bool {
	return m.Generation == o.Generation && slices.Equal(m.Headers, o.Headers)
}
