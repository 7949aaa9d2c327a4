package consent

import (
	"errors"
	"fmt"
)

// What nodes and gateways hand out; none of it is believed before it is
// verified against a header.

// MaxPageBytes limits an encoded page of entries.
const MaxPageBytes = 4 << 20

// ErrPruned means that something was kept, and is kept no longer: of what a node
// forgets (protocol §3.1) only heads stay.
var ErrPruned = errors.New("the server keeps it no longer")

// Page is a run of entries of one log with the companions of the transactions
// they came in, in the order in which their batches first appear. Entries of
// the genesis have no companion.
type Page struct {
	_          struct{} `cbor:",toarray"`
	Log        LogID
	From       uint64
	Leaves     [][]byte
	Companions []Companion
}

// ProvenKey is a key of the state with its value (absent when Present is
// false) and an ICS23 commitment proof, protobuf bytes.
type ProvenKey struct {
	_       struct{} `cbor:",toarray"`
	Key     []byte
	Present bool
	Value   []byte
	Proof   []byte
}

// StateProof proves keys at the state after block Height, against the
// application hash in header Height+1.
type StateProof struct {
	_      struct{} `cbor:",toarray"`
	Height int64
	Keys   []ProvenKey
}

// DecodeStateProof reads a state proof's bytes.
func DecodeStateProof(b []byte) (StateProof, error) {
	var p StateProof
	if err := Decode(b, 1<<20, &p); err != nil {
		return StateProof{}, fmt.Errorf("state proof: %w", err)
	}
	if p.Height < 1 || len(p.Keys) == 0 {
		return StateProof{}, fmt.Errorf("state proof: nothing is proven")
	}
	return p, nil
}

// Tip is a verified moment of the ledger: the state after block Height, as of
// the time of header Height+1, which proves it.
type Tip struct {
	_      struct{} `cbor:",toarray"`
	Height int64    // of the proving header
	Header Hash
	Time   Time
	Live   Live
}

// Verified is an entry that was proven: in its log, signed, and, when the
// detail is there, committed to.
type Verified struct {
	Leaf    []byte
	Entry   Entry
	Item    Item
	Signer  SignerKind
	Key     PublicKey // that signed; zero for genesis entries
	Detail  *Detail
	Content Content // nil while the detail is withheld
	// Companion came beside the entry if it is the first of its transaction on a
	// page; it belongs to all of them.
	Companion *Companion
}

// Remembered is what a reader keeps of a log between refreshes.
type Remembered struct {
	_     struct{} `cbor:",toarray"`
	Tree  Frontier
	Keys  []ChartKeys // of a chart, in order; the last one signs now
	Audit []byte      // what the verifying client needs to go on judging; opaque to others
}

// Reading is what one refresh of a log proved.
type Reading struct {
	Tip        Tip
	Head       Head
	New        []Verified      // entries after the remembered ones
	Remembered Remembered      // to keep for the next refresh
	Cosigners  []InstitutionID // whose cosignature of the tip counts
}

// Parcel is what the patient hands to one end of an approved transfer: its
// link, the terms it commits to and, for the destination alone, the source's
// parcel sealed to the source, so that a source which was away can still act.
type Parcel struct {
	_     struct{} `cbor:",toarray"`
	Link  SignedLink
	Terms Detail
	Carry []byte
}

// MaxParcelBytes limits an encoded parcel.
const MaxParcelBytes = 192 << 10

// DecodeParcel reads a parcel's bytes.
func DecodeParcel(b []byte) (Parcel, error) {
	var p Parcel
	if err := Decode(b, MaxParcelBytes, &p); err != nil {
		return Parcel{}, fmt.Errorf("parcel: %w", err)
	}
	return p, nil
}
