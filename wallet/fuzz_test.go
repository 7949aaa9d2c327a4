package wallet

import (
	"reflect"
	"testing"

	"carekey/consent"
)

func FuzzBook(f *testing.F) {
	add := func(b book) {
		w := b.written()
		f.Add(w.summary, w.outbox, w.keys, w.logs)
	}
	add(book{summary: summary{Version: 1}})
	add(book{
		summary: summary{
			Version: 1, Seek: []consent.Institution{{Name: "A"}},
			Charts:  []chart{{Log: consent.LogID{1}, Day: 3, Remembered: consent.Remembered{Audit: []byte{2}}}},
			Queries: []query{{Number: 4, Answer: new(uint64)}},
		},
		outbox:        outbox{Pending: []pending{{Kind: ActApprove, Detail: &consent.Detail{}, Tx: []byte{5}}}},
		sourceKeyring: sourceKeyring{Keys: make([]consent.SignedSourceKey, 1)},
		Transfers:     []transfer{{Log: consent.LogID{6}, Steps: []step{{Class: consent.ClassStop}}}},
	})
	f.Add([]byte(nil), []byte(nil), []byte(nil), []byte(nil)) // a wallet that was never used
	f.Fuzz(func(t *testing.T, summary, outbox, keys, logs []byte) {
		first, err := decodeBook(written{summary, outbox, keys, logs})
		if err != nil {
			return
		}
		second, err := decodeBook(first.written())
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(first.written(), second.written()) {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}
