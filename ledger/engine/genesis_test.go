package engine

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

func genesis(tb testing.TB) Genesis {
	tb.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		tb.Fatal(err)
	}
	return Genesis{
		Chain: "fuzz-1", Time: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC),
		Validators: [][ed25519.PublicKeySize]byte{[ed25519.PublicKeySize]byte(public)}, App: json.RawMessage(`{"a": 1}`),
	}
}

func FuzzGenesis(f *testing.F) {
	file, err := genesis(f).Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(file)
	f.Add(bytes.Replace(file, []byte(`"power": "1"`), []byte(`"power": "0"`), 1))
	f.Add(bytes.Replace(file, []byte(`"initial_height": "1"`), []byte(`"initial_height": "9"`), 1))
	f.Add([]byte(`{"chain_id": "a", "validators": [{"power": "1"}]}`)) // no key
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := DecodeGenesis(b)
		if err != nil {
			return
		}
		again, err := first.Encode()
		if err != nil {
			t.Fatalf("%+v cannot be written: %v", first, err)
		}
		second, err := DecodeGenesis(again)
		if err != nil {
			t.Fatal(err)
		}
		if second.Chain != first.Chain || !second.Time.Equal(first.Time) || !reflect.DeepEqual(second.Validators, first.Validators) {
			t.Errorf("%+v became %+v", first, second)
		}
	})
}

// What the library would panic about when the node starts, or what would give
// this network other limits than all others, is refused before.
func TestGenesisOfAnEngineThatCouldNotRun(t *testing.T) {
	file, err := genesis(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	twice := genesis(t)
	twice.Validators = append(twice.Validators, twice.Validators[0])
	double, err := twice.Encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(old, text string) []byte {
		changed := bytes.Replace(file, []byte(old), []byte(text), 1)
		if bytes.Equal(changed, file) {
			t.Fatalf("%s stands nowhere", old)
		}
		return changed
	}
	for want, bad := range map[string][]byte{
		"genesis: a validator is named twice":                               double,
		"genesis: every validator has the power 1":                          change(`"power": "1"`, `"power": "9223372036854775807"`),
		"genesis: a validator's key is not an Ed25519 key":                  change("PubKeyEd25519", "PubKeySecp256k1"),
		"genesis: its limits of blocks and evidence are not this version's": change(`"max_bytes": "4194304"`, `"max_bytes": "4194303"`),
		"genesis: a chain begins at height 1 with at least one validator":   change(`"initial_height": "1"`, `"initial_height": "2"`),
	} {
		if _, err := DecodeGenesis(bad); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := DecodeGenesis(bytes.Replace(file, []byte("consensus_params"), []byte("nothing"), 1)); err == nil {
		t.Error("a genesis without limits was taken")
	}
}

func TestInstallGenesisKeepsOne(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	file, err := genesis(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	other, err := genesis(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // again changes nothing
		if err := InstallGenesis(home, file); err != nil {
			t.Fatal(err)
		}
	}
	if err := InstallGenesis(home, other); !errors.Is(err, ErrOtherGenesis) {
		t.Errorf("another network's genesis: %v", err)
	}
	if err := InstallGenesis(home, []byte("{}")); err == nil {
		t.Error("a genesis without chain was taken")
	}
	kept, err := os.ReadFile(filepath.Join(home, genesisFile))
	if err != nil || !bytes.Equal(kept, file) {
		t.Errorf("what is kept is not what was installed: %v", err)
	}
}
