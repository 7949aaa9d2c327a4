package terminal

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/fhir"
	"carekey/gateway/records"
)

// What a second patient of the hospital has: a record, and words of her own for
// the recovery file.
const (
	herRecord = "CH-300001"
	herWords  = "seven grey boats at noon"
	herself   = `{"resourceType":"Bundle","type":"collection","entry":[{"resource":{"resourceType":"Patient","id":"ida",
		"identifier":[{"value":"CH-300001"}],"name":[{"family":"Marchetti","given":["Ida"]}],"birthDate":"1961-04-02"}}]}`
)

// withKeyring is a person with the private keyring that the tests run in.
func withKeyring(t *testing.T) person {
	t.Helper()
	if os.Getenv("CAREKEY_KEYRING") != "private" {
		t.Skip("skipped: no private keyring (scripts/with-keyring.sh gives one)")
	}
	return newPerson(t, "DBUS_SESSION_BUS_ADDRESS="+os.Getenv("DBUS_SESSION_BUS_ADDRESS"), "XDG_RUNTIME_DIR="+os.Getenv("XDG_RUNTIME_DIR"))
}

// standing is as much of status as this test reads.
type standing struct {
	Proof        struct{ Level string }
	Institutions []struct{ Record string }
	Problems     []struct{ Code string }
}

// wallet is a name that no other wallet in the keyring has.
func wallet(name string) string {
	return fmt.Sprintf("%s-%d-%d", name, os.Getpid(), servers.Add(1))
}

// hospitalWithHer is the home of a running hospital that has her record.
func hospitalWithHer(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	newPerson(t).open(80, 24, "demo", "--quiet", "--folder", folder).complete()
	hospital := house(filepath.Join(folder, "data"), "city-hospital")
	bundle, _, err := fhir.ReadBundle(strings.NewReader(herself), fhir.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	kept, err := records.OpenEmbedded(t.Context(), filepath.Join(hospital, "records.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if err := kept.Load(t.Context(), herRecord, bundle); err != nil {
		t.Fatal(err)
	}
	return hospital
}

func TestAWalletIsLostAndFound(t *testing.T) {
	p := withKeyring(t)
	hospital := hospitalWithHer(t)
	first, second, found := wallet("first"), wallet("second"), wallet("found")
	file := filepath.Join(t.TempDir(), "recovery.age")

	makes(p, first)
	makes(p, second)
	joins(p, second, hospital)
	saves(p, second, file)
	before := asks[standing](p, "--profile", second, "status")
	if len(before.Institutions) != 1 || before.Institutions[0].Record != herRecord {
		t.Fatalf("after joining: %+v", before)
	}

	other := withKeyring(t) // another computer, where nothing is but the file
	w := other.open(80, 24, "--profile", found, "init", "--from", file)
	w.sees("Passphrase of the recovery file")
	w.write(herWords)
	w.sees("Your wallet", "is made")
	if code := w.ends(); code != 0 {
		t.Fatalf("init --from ended with %d", code)
	}
	within(t, "the chart is found", func() bool {
		x := asks[standing](other, "--profile", found, "status")
		return len(x.Institutions) == 1 && x.Institutions[0].Record == herRecord && x.Proof.Level == "green"
	}, func() string { return other.runs("--profile", found, "status") })
	if n := len(asks[standing](p, "--profile", first, "status").Institutions); n != 0 {
		t.Errorf("the first wallet has %d charts", n)
	}
}

// TestFilesAreLostAndTheKeyIsNot: the key that is left finds the chart again,
// with an invitation that opens none, and nothing is taken for a roll-back.
func TestFilesAreLostAndTheKeyIsNot(t *testing.T) {
	p := withKeyring(t)
	hospital := hospitalWithHer(t)
	name := wallet("lost")
	makes(p, name)
	joins(p, name, hospital)
	for _, kind := range []string{"share", "state"} {
		if err := os.RemoveAll(filepath.Join(p.home(), ".local", kind, "carekey", name)); err != nil {
			t.Fatal(err)
		}
	}
	if said := p.runs("--profile", name, "init", "--no-recovery"); !strings.Contains(said, "is made") {
		t.Fatal(said)
	}
	if r := p.types("", "gateway", "invite", "--home", hospital, "--record", herRecord); r.code != 8 {
		t.Errorf("a second chart ends with %d: %s", r.code, r.hints)
	}
	joins(p, name, hospital, "--again")
	got := asks[standing](p, "--profile", name, "status")
	if len(got.Institutions) != 1 || got.Institutions[0].Record != herRecord || got.Proof.Level != "green" {
		t.Errorf("found: %+v", got)
	}
	for _, x := range got.Problems {
		if x.Code == "old-vault" {
			t.Error("a new vault is taken for an old one")
		}
	}
}

// makes a wallet whose key is in the keyring. Asked about a recovery file, the
// person says nothing, which is a no.
func makes(p person, name string) {
	p.t.Helper()
	w := p.open(80, 24, "--profile", name, "init")
	w.sees("in this computer's keyring and nowhere", "Make a recovery file now?")
	w.press("Enter")
	if code := w.ends(); code != 0 {
		p.t.Fatalf("init ended with %d", code)
	}
}

// joins opens her chart: she pastes the invitation and compares its words.
func joins(p person, name, hospital string, flags ...string) {
	p.t.Helper()
	paper := asks[struct {
		Invitation  string
		Fingerprint []string
	}](p, append([]string{"gateway", "invite", "--home", hospital, "--record", herRecord}, flags...)...)
	w := p.open(80, 24, "--profile", name, "join")
	w.sees("Paste the invitation:")
	w.write(paper.Invitation)
	w.sees(append(paper.Fingerprint, "City Hospital", "exactly these words?")...)
	w.write("yes")
	w.sees("Your chart at City Hospital is open")
	if code := w.ends(); code != 0 {
		p.t.Fatalf("join ended with %d", code)
	}
}

// saves writes a recovery file, and opens it once as asked.
func saves(p person, name, file string) {
	p.t.Helper()
	w := p.open(80, 24, "--profile", name, "init", "--recovery-file", file)
	w.sees("Choose")
	w.write(herWords)
	w.sees("again")
	w.write(herWords)
	w.sees("Passphrase of the recovery file")
	if strings.Contains(w.screen(), herWords) {
		p.t.Error("the passphrase is on the screen")
	}
	w.write(herWords)
	w.sees("works: it was opened just now")
	if code := w.ends(); code != 0 {
		p.t.Fatalf("init --recovery-file ended with %d", code)
	}
}
