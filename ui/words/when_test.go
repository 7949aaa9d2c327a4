package words

import (
	"strings"
	"testing"
	"time"

	"carekey/consent"
	"carekey/wallet"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func TestWhen(t *testing.T) {
	tests := []struct{ got, want string }{
		{Day(noon.Add(-time.Hour), noon), "today"},
		{Day(noon.AddDate(0, 0, -1), noon), "19 Nov"},
		{Day(noon.AddDate(-2, 0, 0), noon), "20 Nov 2024"},
		{Moment(noon.AddDate(0, -6, 0), noon), "20 May 12:00"},
		{Day(noon, noon.In(time.FixedZone("east", 13*3600))), "today"},
		{Ago(300 * time.Millisecond), "just now"},
		{Ago(-time.Hour), "just now"},
		{Ago(12 * time.Second), "12 s ago"},
		{Ago(90 * time.Second), "1 minute ago"},
		{Ago(47 * time.Hour), "47 hours ago"},
		{In(72 * time.Hour), "in 3 days"},
		{Left(90 * 24 * time.Hour), "3 months left"},
		{In(729 * 24 * time.Hour), "in 24 months"},
		{In(10000 * 24 * time.Hour), "in 27 years"},
		{Left(0), "ended"},
		{Count(1, "entry", "entries"), "1 entry"},
		{Count(uint64(41), "entry", "entries"), "41 entries"},
		{Number(1000000), "1,000,000"},
		{Number(999), "999"},
		{Number(-1000), "-1,000"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestProofIsNeverGreenWithoutAFreshProof(t *testing.T) {
	tests := []struct {
		name string
		in   wallet.Proof
		want wallet.ProofLevel
	}{
		{"fresh", wallet.Proof{Level: wallet.ProofGreen, At: noon.Add(-12 * time.Second)}, wallet.ProofGreen},
		{"aged while shown", wallet.Proof{Level: wallet.ProofGreen, At: noon.Add(-61 * time.Second)}, wallet.ProofAmber},
		{"green without a header", wallet.Proof{Level: wallet.ProofGreen}, wallet.ProofNone},
		{"amber", wallet.Proof{Level: wallet.ProofAmber, At: noon}, wallet.ProofAmber},
		{"red", wallet.Proof{Level: wallet.ProofRed, At: noon}, wallet.ProofRed},
		{"red without a header", wallet.Proof{Level: wallet.ProofRed}, wallet.ProofRed},
		{"nothing", wallet.Proof{}, wallet.ProofNone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := ProofNow(tt.in, noon); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestProofLine(t *testing.T) {
	p := wallet.Proof{Level: wallet.ProofGreen, Entries: 41, Of: 41, Institutions: 3, At: noon.Add(-12 * time.Second)}
	if got, want := Proof(p, noon), "complete: 41 of 41 entries, checked against 3 institutions, 12 s ago"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFingerprintCoversWhatAnchorsTrust(t *testing.T) {
	base := consent.Invitation{Name: "City Hospital", Ticket: [32]byte{1}}
	words := func(change func(*consent.Invitation)) string {
		i := base
		change(&i)
		return strings.Join(Fingerprint(i), " ")
	}
	same := words(func(*consent.Invitation) {})
	if got := words(func(i *consent.Invitation) { i.Ticket[0] = 9 }); got != same {
		t.Error("the secret ticket shows in the fingerprint")
	}
	for name, change := range map[string]func(*consent.Invitation){
		"network":     func(i *consent.Invitation) { i.Anchor.Network[0] = 1 },
		"genesis":     func(i *consent.Invitation) { i.Anchor.Genesis[0] = 1 },
		"institution": func(i *consent.Invitation) { i.Institution[0] = 1 },
		"key":         func(i *consent.Invitation) { i.TLS[0] = 1 },
	} {
		if words(change) == same {
			t.Errorf("another %s has the same fingerprint", name)
		}
	}
}

func TestPronounceableIsOneToOne(t *testing.T) {
	seen := map[string]uint16{}
	for n := range 1 << 16 {
		w := pronounceable(uint16(n))
		if other, twice := seen[w]; twice {
			t.Fatalf("%q stands for %d and %d", w, other, n)
		}
		seen[w] = uint16(n)
	}
}
