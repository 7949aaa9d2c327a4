package consent

import (
	"bytes"
	"fmt"
	"slices"
	"time"
)

// State is the replicated state as it was before a block.
type State interface {
	// Get returns nil for an absent key.
	Get(key []byte) ([]byte, error)
}

// Nonces are the nonces spent before a block, kept outside the state.
type Nonces interface {
	Spent(bucket int64, nonce Nonce) (bool, error)
}

// VerifyFunc checks a statement's signature; a ledger may remember what it
// has verified once.
type VerifyFunc func(key PublicKey, s Statement, sig Signature) error

// Verify is the plain [VerifyFunc].
func Verify(key PublicKey, s Statement, sig Signature) error { return s.Verify(key, sig) }

// Rules are the rules of one network. They decide alike wherever they run.
type Rules struct {
	Genesis *Genesis
	Verify  VerifyFunc
}

// Block is what the rules know of the block being executed.
type Block struct {
	Height int64
	Time   Time
}

// MaxValidFor is how far ahead of block time a transaction may name its end.
const MaxValidFor = 15 * time.Minute

// keepNonces is how long a spent nonce stays provable after its bucket ended.
const keepNonces = 24 * time.Hour

// Execution runs one block's transactions in order. Nothing it does reaches
// the state before its [Outcome] is written.
type Execution struct {
	rules   Rules
	state   State
	nonces  Nonces
	block   Block
	clock   Clock
	heads   map[LogID]*openHead
	written map[string][]byte // keys changed so far; nil: deleted
	buckets []nonceBucket
	spent   map[SpentNonce]bool
	outcome Outcome
}

type openHead struct {
	Head
	leaves []Hash // appended in this block
	dirty  bool
}

// SpentNonce is a transaction's nonce, bound to its signer, in the bucket of
// its valid-until hour.
type SpentNonce struct {
	Bucket int64
	Nonce  Nonce
}

// Spends returns what the transaction spends. The nonce is bound to the signer,
// else whoever sees a revocation on its way could spend its nonce first and so
// keep it out of the ledger.
func (h Header) Spends() SpentNonce {
	bound := Sum(Encode([]any{"carekey/nonce/1", h.Kind, h.Signer, h.Key, h.Nonce}))
	return SpentNonce{Bucket: h.ValidUntil.Hour(), Nonce: Nonce(bound[:16])}
}

type nonceBucket struct {
	_      struct{} `cbor:",toarray"`
	Bucket int64
	Hash   Hash // running: SHA-256 of the previous hash and the nonce
}

// Change is a write to the state; a nil value deletes the key.
type Change struct {
	Key   []byte
	Value []byte
}

// NewEntry is an entry that a block appended.
type NewEntry struct {
	Log    LogID
	Number uint64
	Leaf   []byte
	Batch  Hash
	Index  uint32
}

// StoredBatch is what a node keeps of a transaction for companions.
type StoredBatch struct {
	ID        Hash
	Header    []byte
	Signature Signature
	Items     []Hash // leaf hashes of all its items
}

// Outcome is everything a block changed. Changes are sorted by key.
type Outcome struct {
	Changes     []Change
	Entries     []NewEntry
	Batches     []StoredBatch
	Spent       []SpentNonce
	DropBuckets []int64
}

// ItemResult is the ledger's word on one item.
type ItemResult struct {
	_      struct{} `cbor:",toarray"`
	Code   Code
	Number uint64 // of the entry in its log, when Code is CodeOK
}

// Result is the ledger's word on a transaction. Code is that of the whole
// transaction; if it is CodeOK, items were judged one by one.
type Result struct {
	Code  Code
	Text  string
	Items []ItemResult
}

// Begin starts a block: it advances the clock and drops old nonces.
func (r Rules) Begin(state State, nonces Nonces, block Block) (*Execution, error) {
	if r.Verify == nil {
		r.Verify = Verify
	}
	x := &Execution{
		rules: r, state: state, nonces: nonces, block: block,
		heads: map[LogID]*openHead{}, written: map[string][]byte{}, spent: map[SpentNonce]bool{},
	}
	if err := x.advanceClock(); err != nil {
		return nil, err
	}
	return x, x.loadBuckets()
}

func (x *Execution) advanceClock() error {
	raw, err := x.state.Get(ClockKey())
	if err != nil {
		return err
	}
	if raw == nil {
		x.clock = Clock{Time: At(x.rules.Genesis.Time)}
	} else if x.clock, err = DecodeClock(raw); err != nil {
		return err
	}
	interval := max(0, x.block.Time.Sub(x.clock.Time))
	x.clock.Live += Live(min(interval, 2*x.rules.Genesis.Params.EmptyBlocks))
	x.clock.Time = x.block.Time
	x.put(ClockKey(), Encode(x.clock))
	return nil
}

func (x *Execution) loadBuckets() error {
	raw, err := x.state.Get(nonceKey())
	if err != nil || raw == nil {
		return err
	}
	var buckets []nonceBucket
	if err := Decode(raw, 1<<14, &buckets); err != nil {
		return fmt.Errorf("nonce buckets: %w", err)
	}
	for _, b := range buckets {
		if Time(b.Bucket+1).hours().Add(keepNonces) <= x.block.Time {
			x.outcome.DropBuckets = append(x.outcome.DropBuckets, b.Bucket)
			continue
		}
		x.buckets = append(x.buckets, b)
	}
	return nil
}

// hours reads t as a number of hours.
func (t Time) hours() Time { return t * Time(time.Hour) }

// Check judges a transaction before it enters a mempool. Use a fresh execution
// for each: a transaction of one item runs its rule here too, so that what
// would be refused takes no room in a block.
func (x *Execution) Check(raw []byte) Result {
	tx, header, err := x.admit(raw)
	if err == nil && len(tx.Items) == 1 {
		_, err = x.item(header, Hash{}, 0, tx.Items[0])
	}
	return resultOf(err)
}

// Deliver judges a transaction in its turn and appends what it says. It never
// panics on any input.
func (x *Execution) Deliver(raw []byte) Result {
	tx, header, err := x.admit(raw)
	if err != nil {
		return resultOf(err)
	}
	x.spend(header)
	batch := StoredBatch{ID: BatchID(tx.Header, tx.Signature), Header: tx.Header, Signature: tx.Signature}
	result := Result{Items: make([]ItemResult, len(tx.Items))}
	for i, raw := range tx.Items {
		batch.Items = append(batch.Items, LeafHash(raw))
		number, err := x.item(header, batch.ID, uint32(i), raw)
		result.Items[i] = ItemResult{Code: CodeOf(err), Number: number}
		if err != nil && len(tx.Items) == 1 {
			result.Code, result.Text = CodeOf(err), err.Error()
		}
	}
	if slices.ContainsFunc(result.Items, func(r ItemResult) bool { return r.Code == CodeOK }) {
		x.outcome.Batches = append(x.outcome.Batches, batch)
	}
	return result
}

func resultOf(err error) Result {
	if err == nil {
		return Result{}
	}
	return Result{Code: CodeOf(err), Text: err.Error()}
}

// admit checks everything about a transaction but its items' own rules.
func (x *Execution) admit(raw []byte) (Tx, Header, error) {
	tx, h, err := DecodeTx(raw)
	if err != nil {
		return tx, h, &Refusal{Code: CodeMalformed, Text: err.Error()}
	}
	if h.ValidUntil <= x.block.Time || h.ValidUntil > x.block.Time.Add(MaxValidFor) {
		return tx, h, refuse(CodeStale, "the transaction is out of date: valid until %s, block time %s",
			h.ValidUntil.Time().Format(time.RFC3339), x.block.Time.Time().Format(time.RFC3339))
	}
	key, err := x.signerKey(tx, h)
	if err != nil {
		return tx, h, err
	}
	if err := x.rules.Verify(key, h.Statement(x.rules.Genesis.Chain, tx.Header), tx.Signature); err != nil {
		return tx, h, refuse(CodeSignature, "the transaction's signature does not verify")
	}
	spent, err := x.isSpent(h)
	if err != nil {
		return tx, h, err
	}
	if spent {
		return tx, h, refuse(CodeReplayed, "the transaction was included before")
	}
	return tx, h, nil
}

// signerKey finds the key that must have signed, by the header's word of who
// signs and the state's of what his key is.
func (x *Execution) signerKey(tx Tx, h Header) (PublicKey, error) {
	var key PublicKey
	var err error
	switch h.Kind {
	case SignerInstitution:
		key, err = x.institutionKey(InstitutionID(h.Signer), h.Key)
	case SignerPatient, SignerSource, SignerDestination:
		key, err = x.partyKey(tx, h)
	default:
		err = refuse(CodeMalformed, "signer kind %d is not known", h.Kind)
	}
	if err == nil && key.ID() != h.Key {
		err = refuse(CodeSignature, "the transaction names another key than the log's")
	}
	return key, err
}

func (x *Execution) institutionKey(id InstitutionID, key KeyID) (PublicKey, error) {
	inst, err := x.activeInstitution(id)
	if err != nil {
		return PublicKey{}, err
	}
	k, ok := inst.LedgerKeyAt(key, x.block.Height, x.block.Time)
	if !ok {
		return PublicKey{}, refuse(CodeSignature, "%s has no such key on this day", inst.Name)
	}
	return k, nil
}

func (x *Execution) activeInstitution(id InstitutionID) (Institution, error) {
	var inst Institution
	raw, err := x.get(InstitutionKey(id))
	if err != nil {
		return inst, err
	}
	if raw == nil {
		return inst, refuse(CodeUnknown, "the institution is not in the registry")
	}
	if err := Decode(raw, MaxRegistryBytes, &inst); err != nil {
		return inst, fmt.Errorf("institution in the state: %w", err)
	}
	if !inst.ActiveAt(x.block.Time) {
		return inst, refuse(CodeInactive, "%s is not active in the registry on this day", inst.Name)
	}
	return inst, nil
}

// partyKey finds the key of a log's patient, source or destination. A log that
// the transaction itself opens has its keys in the fields.
func (x *Execution) partyKey(tx Tx, h Header) (PublicKey, error) {
	head, err := x.head(LogID(h.Signer))
	if err != nil {
		return PublicKey{}, err
	}
	if head == nil {
		return openingKey(tx, h)
	}
	switch {
	case h.Kind == SignerPatient && head.Chart != nil:
		return head.Chart.Keys.Sign, nil
	case h.Kind == SignerPatient && head.Transfer != nil:
		return head.Transfer.Patient, nil
	case h.Kind == SignerSource && head.Transfer != nil:
		return head.Transfer.Source, nil
	case h.Kind == SignerDestination && head.Transfer != nil:
		return head.Transfer.Destination, nil
	}
	return PublicKey{}, refuse(CodeParty, "this signer has no part in this log")
}

func openingKey(tx Tx, h Header) (PublicKey, error) {
	unknown := refuse(CodeUnknown, "there is no such log")
	item, err := DecodeItem(tx.Items[0])
	if err != nil || h.Kind != SignerPatient {
		return PublicKey{}, unknown
	}
	switch item.Class {
	case ClassOpen:
		f, err := DecodeFields[OpenFields](item)
		if err != nil {
			return PublicKey{}, &Refusal{Code: CodeMalformed, Text: err.Error()}
		}
		return f.Keys.Sign, nil
	case ClassTransferOpen:
		f, err := DecodeFields[TransferFields](item)
		if err != nil {
			return PublicKey{}, &Refusal{Code: CodeMalformed, Text: err.Error()}
		}
		return f.Patient, nil
	}
	return PublicKey{}, unknown
}

func (x *Execution) isSpent(h Header) (bool, error) {
	s := h.Spends()
	if x.spent[s] {
		return true, nil
	}
	return x.nonces.Spent(s.Bucket, s.Nonce)
}

// spend marks the nonce: a correctly signed, included transaction spends it
// even if refused.
func (x *Execution) spend(h Header) {
	s := h.Spends()
	x.spent[s] = true
	x.outcome.Spent = append(x.outcome.Spent, s)
	i, found := slices.BinarySearchFunc(x.buckets, s.Bucket, func(b nonceBucket, want int64) int {
		return int(b.Bucket - want)
	})
	if !found {
		x.buckets = slices.Insert(x.buckets, i, nonceBucket{Bucket: s.Bucket})
	}
	x.buckets[i].Hash = Sum(append(x.buckets[i].Hash[:], s.Nonce[:]...))
}

// get reads a key as this block has left it.
func (x *Execution) get(key []byte) ([]byte, error) {
	if v, ok := x.written[string(key)]; ok {
		return v, nil
	}
	return x.state.Get(key)
}

func (x *Execution) put(key, value []byte) { x.written[string(key)] = value }

// head returns a log's head as this block has left it, or nil.
func (x *Execution) head(log LogID) (*openHead, error) {
	if h, ok := x.heads[log]; ok {
		return h, nil
	}
	raw, err := x.state.Get(HeadKey(log))
	if err != nil || raw == nil {
		return nil, err
	}
	head, err := DecodeHead(raw)
	if err != nil {
		return nil, err
	}
	x.heads[log] = &openHead{Head: head}
	return x.heads[log], nil
}

// append adds an accepted item to its log and returns the entry's number.
func (x *Execution) append(head *openHead, log LogID, batch Hash, index uint32, item []byte) uint64 {
	number := head.Tree.Size + uint64(len(head.leaves))
	leaf := Encode(Entry{
		Version: 1, Log: log, Number: number, Height: x.block.Height, Time: x.block.Time,
		Item: item, Batch: batch, Index: index,
	})
	head.leaves = append(head.leaves, LeafHash(leaf))
	head.dirty = true
	x.outcome.Entries = append(x.outcome.Entries, NewEntry{Log: log, Number: number, Leaf: leaf, Batch: batch, Index: index})
	return number
}

// size is the number of entries, those of this block included.
func (h *openHead) size() uint64 { return h.Tree.Size + uint64(len(h.leaves)) }

// Finish ends the block and returns what it changed.
func (x *Execution) Finish() Outcome {
	if len(x.outcome.Spent)+len(x.outcome.DropBuckets) > 0 {
		x.put(nonceKey(), Encode(x.buckets))
	}
	for log, head := range x.heads {
		if !head.dirty {
			continue
		}
		head.Tree.AppendAll(head.leaves)
		head.leaves = nil
		x.put(HeadKey(log), Encode(head.Head))
	}
	for key, value := range x.written {
		x.outcome.Changes = append(x.outcome.Changes, Change{Key: []byte(key), Value: value})
	}
	slices.SortFunc(x.outcome.Changes, func(a, b Change) int { return bytes.Compare(a.Key, b.Key) })
	return x.outcome
}

// Outcome is what the genesis writes: the registry and the first clock.
func (g *Genesis) Outcome() (Outcome, error) {
	x := &Execution{rules: Rules{Genesis: g}, heads: map[LogID]*openHead{}, written: map[string][]byte{}}
	log := RegistryLogID(g.Network)
	head := &openHead{Head: Head{Version: 1, Kind: RegistryLog}, dirty: true}
	x.heads[log] = head
	for _, e := range g.RegistryEntries() {
		item, err := DecodeItem(e.Item)
		if err != nil {
			return Outcome{}, err
		}
		if err := x.register(item); err != nil {
			return Outcome{}, err
		}
		leaf := Encode(e)
		head.leaves = append(head.leaves, LeafHash(leaf))
		x.outcome.Entries = append(x.outcome.Entries, NewEntry{Log: log, Number: e.Number, Leaf: leaf, Batch: e.Batch, Index: e.Index})
	}
	x.put(ClockKey(), Encode(Clock{Time: At(g.Time)}))
	return x.Finish(), nil
}

func (x *Execution) register(item Item) error {
	f, err := DecodeRegistryFields(item)
	if err != nil {
		return err
	}
	if f.Institution != nil {
		x.put(InstitutionKey(f.Institution.ID), Encode(*f.Institution))
		return nil
	}
	x.put(LicenceKey(f.Licence.Key), Encode(*f.Licence))
	return nil
}
