package consent

import "fmt"

// MaxLeafBytes limits one encoded entry.
const MaxLeafBytes = MaxItemBytes + 256

// Entry is one line of a log; its canonical bytes are a leaf of the log's
// RFC 6962 tree.
type Entry struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Log     LogID
	Number  uint64 // from 0, without gaps
	Height  int64
	Time    Time   // block time
	Item    []byte // canonical CBOR of an Item
	Batch   Hash   // the transaction it came in
	Index   uint32 // its place there
}

// DecodeEntry reads a leaf and its item.
func DecodeEntry(leaf []byte) (Entry, Item, error) {
	var e Entry
	if err := Decode(leaf, MaxLeafBytes, &e); err != nil {
		return Entry{}, Item{}, fmt.Errorf("entry: %w", err)
	}
	if e.Version != 1 {
		return Entry{}, Item{}, fmt.Errorf("entry version %d is not known", e.Version)
	}
	item, err := DecodeItem(e.Item)
	if err != nil {
		return Entry{}, Item{}, err
	}
	if item.Log != e.Log {
		return Entry{}, Item{}, fmt.Errorf("entry %d carries an item of another log", e.Number)
	}
	return e, item, nil
}

// Companion travels beside entries that came in one transaction and proves
// that each was signed: header, signature, and the subtrees of the batch that
// hold none of them (see [ProveLeaves]).
type Companion struct {
	_         struct{} `cbor:",toarray"`
	Header    []byte
	Signature Signature
	Path      []Hash
}

// Verify checks that the items at the ascending indices were signed by key as
// parts of the batch, and returns its header.
func (c Companion) Verify(chain string, key PublicKey, batch Hash, indices []uint32, items []Hash) (Header, error) {
	h, err := c.Open(batch, indices, items)
	if err != nil {
		return Header{}, err
	}
	if h.Key != key.ID() {
		return Header{}, ErrBadSignature
	}
	return h, h.Statement(chain, c.Header).Verify(key, c.Signature)
}

// Open does all of Verify but the signature: the header names the batch and
// its root covers the items.
func (c Companion) Open(batch Hash, indices []uint32, items []Hash) (Header, error) {
	if BatchID(c.Header, c.Signature) != batch {
		return Header{}, fmt.Errorf("companion of another transaction: %w", ErrBadProof)
	}
	h, err := DecodeHeader(c.Header)
	if err != nil {
		return Header{}, err
	}
	root, err := RootOfLeaves(h.N, indices, items, c.Path)
	if err != nil {
		return Header{}, err
	}
	if root != h.Root {
		return Header{}, ErrItemsRoot
	}
	return h, nil
}
