package consent

import (
	"crypto/rand"
	"errors"
	"fmt"
)

// Limits of a transaction.
const (
	MaxBatchItems = 4096
	MaxItemBytes  = 2048    // bytes of one encoded item
	MaxTxBytes    = 1 << 20 // bytes of one encoded transaction
)

// Header is the signed part of a transaction: every transaction is a batch of
// 1 to 4,096 items under one signature (a patient's: exactly one).
type Header struct {
	_          struct{} `cbor:",toarray"`
	Version    uint8    // 1
	Kind       SignerKind
	Signer     Hash // institution id, or the log whose party signs
	Key        KeyID
	Nonce      Nonce
	ValidUntil Time   // block time, at most 15 minutes ahead
	N          uint32 // number of items
	Root       Hash   // RFC 6962 root over the items' bytes
}

// Item is one thing said in one log.
type Item struct {
	_          struct{} `cbor:",toarray"`
	Log        LogID
	Class      Class
	Fields     []byte // canonical CBOR of the class's fields
	Commitment Hash   // to the detail; zero when there is none
}

// Tx is a transaction: header, signature and items as they travel.
type Tx struct {
	_         struct{} `cbor:",toarray"`
	Header    []byte   // canonical CBOR of a Header
	Signature Signature
	Items     [][]byte // canonical CBOR of Items
}

// BatchID names a transaction by what was signed: SHA-256 of CBOR [header,
// signature].
func BatchID(header []byte, sig Signature) Hash {
	return Sum(Encode([]any{header, sig}))
}

// NewNonce returns 16 random bytes.
func NewNonce() (Nonce, error) {
	var n Nonce
	_, err := rand.Read(n[:])
	return n, err
}

// Author is who signs a transaction, where and until when it may be included.
type Author struct {
	Chain       string
	Kind        SignerKind
	Institution InstitutionID // for SignerInstitution
	Log         LogID         // for all other kinds
	Signer      Signer
	Nonce       Nonce
	ValidUntil  Time
}

func (a Author) id() Hash {
	if a.Kind == SignerInstitution {
		return Hash(a.Institution)
	}
	return Hash(a.Log)
}

// NewTx signs items as one transaction and returns its bytes.
func NewTx(a Author, items ...Item) ([]byte, error) {
	if len(items) == 0 || len(items) > MaxBatchItems {
		return nil, fmt.Errorf("%d items do not fit one transaction", len(items))
	}
	encoded := make([][]byte, len(items))
	for i, item := range items {
		encoded[i] = Encode(item)
	}
	header := Encode(Header{
		Version: 1, Kind: a.Kind, Signer: a.id(), Key: a.Signer.Public().ID(),
		Nonce: a.Nonce, ValidUntil: a.ValidUntil,
		N: uint32(len(items)), Root: itemsRoot(encoded),
	})
	sig, err := a.Signer.Sign(transactionStatement(a.Chain, a.Kind, a.id(), header))
	if err != nil {
		return nil, fmt.Errorf("sign the transaction: %w", err)
	}
	tx := Encode(Tx{Header: header, Signature: sig, Items: encoded})
	if len(tx) > MaxTxBytes {
		return nil, fmt.Errorf("the transaction has %d bytes, more than %d", len(tx), MaxTxBytes)
	}
	return tx, nil
}

// transactionStatement is what a transaction's signature covers. Institutions
// sign with an empty log id, all others with their log's.
func transactionStatement(chain string, kind SignerKind, signer Hash, header []byte) Statement {
	s := Statement{Context: ContextTransaction, Chain: chain, Body: header}
	if kind != SignerInstitution {
		s.Log = LogID(signer)
	}
	return s
}

// Statement is what h's signature covers, given h's own bytes.
func (h Header) Statement(chain string, header []byte) Statement {
	return transactionStatement(chain, h.Kind, h.Signer, header)
}

func itemsRoot(items [][]byte) Hash {
	leaves := make([]Hash, len(items))
	for i, item := range items {
		leaves[i] = LeafHash(item)
	}
	return TreeRoot(leaves)
}

// DecodeHeader reads a header's bytes.
func DecodeHeader(b []byte) (Header, error) {
	var h Header
	if err := Decode(b, 256, &h); err != nil {
		return Header{}, fmt.Errorf("transaction header: %w", err)
	}
	if h.Version != 1 {
		return Header{}, fmt.Errorf("transaction version %d is not known", h.Version)
	}
	if h.Kind < SignerPatient || h.Kind > SignerDestination {
		return Header{}, fmt.Errorf("signer kind %d is not known", h.Kind)
	}
	if h.N == 0 || h.N > MaxBatchItems || h.N > 1 && h.Kind != SignerInstitution {
		return Header{}, fmt.Errorf("a batch of %d items is not allowed here", h.N)
	}
	return h, nil
}

// DecodeItem reads an item's bytes. Its fields stay undecoded.
func DecodeItem(b []byte) (Item, error) {
	var it Item
	if err := Decode(b, MaxItemBytes, &it); err != nil {
		return Item{}, fmt.Errorf("item: %w", err)
	}
	if !it.Class.Known() {
		return Item{}, fmt.Errorf("item class %d is not known", it.Class)
	}
	return it, nil
}

// ErrItemsRoot means that the items are not those that were signed.
var ErrItemsRoot = errors.New("the items do not fit the signed root")

// DecodeTx reads a transaction and checks that its items are those its header
// names. The signature is not checked here: that needs the state.
func DecodeTx(b []byte) (Tx, Header, error) {
	var tx Tx
	if err := Decode(b, MaxTxBytes, &tx); err != nil {
		return Tx{}, Header{}, fmt.Errorf("transaction: %w", err)
	}
	h, err := DecodeHeader(tx.Header)
	if err != nil {
		return Tx{}, Header{}, err
	}
	if int(h.N) != len(tx.Items) {
		return Tx{}, Header{}, fmt.Errorf("%d items where the header names %d", len(tx.Items), h.N)
	}
	if itemsRoot(tx.Items) != h.Root {
		return Tx{}, Header{}, ErrItemsRoot
	}
	return tx, h, nil
}

// StopClass tells whether the transaction belongs before all others in a
// block: its only item is of a stopping class. Malformed bytes do not.
func StopClass(b []byte) bool {
	if len(b) > MaxItemBytes+512 {
		return false // longer than one item with header and signature can be
	}
	var tx Tx
	if Decode(b, MaxTxBytes, &tx) != nil || len(tx.Items) != 1 {
		return false
	}
	item, err := DecodeItem(tx.Items[0])
	return err == nil && item.Class.Stops()
}
