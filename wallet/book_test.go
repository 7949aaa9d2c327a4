package wallet

import (
	"bytes"
	"testing"

	"carekey/consent"
	"carekey/wallet/vault"
)

// TestSummaryStaysSmall: what others ask and what the patient permits does not
// make the summary too large to be written.
func TestSummaryStaysSmall(t *testing.T) {
	b := &book{summary: summary{Version: 1}}
	c := chart{Log: consent.LogID{1}, Remembered: consent.Remembered{Audit: bytes.Repeat([]byte{2}, 4<<10)}}
	for n := range uint64(200) {
		c.View.Grants = append(c.View.Grants, consent.LiveGrant{
			Number: n, Granted: &consent.Granted{Sentences: []string{"a sentence"}, Consent: bytes.Repeat([]byte("{"), 3<<10)},
		})
		b.Transfers = append(b.Transfers, transfer{Log: consent.LogID{3, byte(n)}, Manifest: bytes.Repeat([]byte{4}, 4<<10)})
	}
	b.Charts = []chart{c}
	w := b.written()
	if len(w.summary) > vault.MaxSummaryBytes/2 {
		t.Errorf("a summary of %d bytes", len(w.summary))
	}
	again, err := decodeBook(w)
	if err != nil {
		t.Fatal(err)
	}
	read := again.written()
	if !bytes.Equal(read.summary, w.summary) || !bytes.Equal(read.logs, w.logs) || len(again.Charts[0].View.Grants) != 200 {
		t.Error("what was written is not read again")
	}
}
