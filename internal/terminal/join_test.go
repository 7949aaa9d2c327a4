package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/consent"
)

// TestInvitationsThatLeadNowhere: whoever has one is told why, and the wallet
// is as before.
func TestInvitationsThatLeadNowhere(t *testing.T) {
	p, hospital := newPerson(t), hospitalWithHer(t)
	if r := p.types(herWords+"\n"+herWords+"\n", "init", "--passphrase", "--no-recovery"); r.code != 0 {
		t.Fatal(r.hints)
	}
	paper := asks[struct{ Invitation string }](p, "gateway", "invite", "--home", hospital, "--record", herRecord)
	good, err := consent.ParseInvitation(paper.Invitation)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "invitation")
	joins := func(name string, i consent.Invitation, code int, want string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(i.Text()), 0o600); err != nil {
			t.Fatal(err)
		}
		r := p.types(herWords+"\n", "join", "--compared", "--file", file)
		if r.code != code || !strings.Contains(r.out+r.hints, want) {
			t.Errorf("%s: ends with %d: %s%s", name, r.code, r.out, r.hints)
		}
	}
	other, guessed, elsewhere := good, good, good
	other.Anchor.Genesis[0] ^= 1
	guessed.Ticket[0] ^= 1
	elsewhere.Anchor.Network[0] ^= 1
	joins("an anchor of nobody's", other, 6, "the network that answers is not the one that was to be trusted")
	joins("a ticket of nobody's", guessed, 8, "not known here or was used already: ask for a new one")
	joins("a good one", good, 0, "is open, for its record "+herRecord)
	joins("one that was used", good, 8, "not known here or was used already: ask for a new one")
	joins("one of another network", elsewhere, 8, "belongs to another network")
}
