package client

import (
	"bytes"
	"reflect"
	"testing"

	"carekey/consent"
)

// someLeaf is a leaf as the ledger makes it.
func someLeaf(number uint64, fields any, class consent.Class) []byte {
	log := consent.LogID{1, 2, 3}
	item := consent.NewItem(log, class, fields, consent.Hash{9})
	return consent.Encode(consent.Entry{
		Version: 1, Log: log, Number: number, Height: 1234567, Time: 1_795_000_000_000_000_000,
		Item: consent.Encode(item), Batch: consent.Hash{8}, Index: 300,
	})
}

func TestFastEntryReadsWhatTheLedgerWrites(t *testing.T) {
	for _, number := range []uint64{0, 23, 24, 255, 256, 65535, 65536, 1 << 32, 1<<64 - 1} {
		leaf := someLeaf(number, consent.AccessFields{}, consent.ClassAccess)
		var e consent.Entry
		var it consent.Item
		if !fastEntry(leaf, &e, &it) {
			t.Errorf("entry %d was left to the slow decoder", number)
		}
	}
}

// FuzzLeaf shows that the fast reader and the general decoder agree.
func FuzzLeaf(f *testing.F) {
	f.Add(someLeaf(0, consent.AccessFields{}, consent.ClassAccess))
	f.Add(someLeaf(70000, consent.GrantFields{Expiry: 5, Uses: 3}, consent.ClassGrant))
	f.Add(someLeaf(1<<40, consent.CloseFields{}, consent.ClassClose))
	f.Fuzz(func(t *testing.T, leaf []byte) {
		var e consent.Entry
		var it consent.Item
		fast := fastEntry(leaf, &e, &it)
		slowEntry, slowItem, err := consent.DecodeEntry(leaf)
		if fast && err != nil {
			t.Fatalf("only the fast reader accepts: %v", err)
		}
		if fast && (!reflect.DeepEqual(e, slowEntry) || !reflect.DeepEqual(it, slowItem)) {
			t.Fatalf("fast %+v %+v, slow %+v %+v", e, it, slowEntry, slowItem)
		}
		if err == nil && string(consent.Encode(slowEntry)) != string(leaf) {
			t.Fatal("decode then encode is not the identity")
		}
	})
}

// FuzzHeader shows the same of headers and batch ids.
func FuzzHeader(f *testing.F) {
	f.Add(consent.Encode(consent.Header{Version: 1, Kind: consent.SignerPatient, ValidUntil: 1_795_000_000_000_000_000, N: 1}))
	f.Add(consent.Encode(consent.Header{Version: 1, Kind: consent.SignerInstitution, N: consent.MaxBatchItems}))
	f.Fuzz(func(t *testing.T, b []byte) {
		fast, ok := fastHeader(b)
		slow, err := consent.DecodeHeader(b)
		if ok && (err != nil || fast != slow) {
			t.Fatalf("fast %+v, slow %+v, %v", fast, slow, err)
		}
		if err == nil && string(consent.Encode(slow)) != string(b) {
			t.Fatal("decode then encode is not the identity")
		}
		sig := consent.Signature(append(make([]byte, 64), b...)[len(b):])
		if batchID(b, sig) != consent.BatchID(b, sig) || leafHash(b) != consent.LeafHash(b) {
			t.Fatal("the hashes differ")
		}
		s := consent.Statement{Context: consent.ContextTransaction, Chain: testChain, Body: b}
		if s.Log[0] = sig[0]; !bytes.Equal(statementBytes(s), s.Bytes()) {
			t.Fatal("the signed bytes differ")
		}
	})
}

func TestFastHeaderReadsWhatTheLedgerWrites(t *testing.T) {
	for _, kind := range []consent.SignerKind{consent.SignerPatient, consent.SignerInstitution, consent.SignerSource, consent.SignerDestination} {
		h := consent.Header{Version: 1, Kind: kind, ValidUntil: 1_795_000_000_000_000_000, N: 1}
		if got, ok := fastHeader(consent.Encode(h)); !ok || got != h {
			t.Errorf("a header of kind %d was left to the slow decoder", kind)
		}
	}
}

func BenchmarkLeaf(b *testing.B) {
	leaf := someLeaf(70000, consent.AccessFields{}, consent.ClassAccess)
	b.Run("fast", func(b *testing.B) {
		var e consent.Entry
		var it consent.Item
		for b.Loop() {
			fastEntry(leaf, &e, &it)
		}
	})
	b.Run("general", func(b *testing.B) {
		for b.Loop() {
			consent.DecodeEntry(leaf)
		}
	})
	b.Run("hash", func(b *testing.B) {
		for b.Loop() {
			consent.LeafHash(leaf)
		}
	})
}
