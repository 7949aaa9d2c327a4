package roles

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"carekey/ui"
	"carekey/wallet/keyring"
	"carekey/wallet/keys"
	"carekey/wallet/profile"
)

func say(context.Context) ([]byte, error) { return []byte("four or five small words"), nil }

func wallets(t *testing.T) Wallets {
	return Wallets{Root: profile.RootAt(t.TempDir()), Log: slog.New(slog.DiscardHandler)}
}

var inFile = ui.InitOptions{Place: ui.InPassphraseFile, Passphrase: say}

// idOf opens the default wallet and names its key.
func idOf(t *testing.T, s Wallets) keys.MasterID {
	t.Helper()
	w, err := s.open(t.Context(), ui.OpenOptions{Passphrase: say})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	return w.agent.Current()
}

func TestInitMakesOneWallet(t *testing.T) {
	s := wallets(t)
	if _, err := s.init(t.Context(), inFile); err != nil {
		t.Fatal(err)
	}
	before := idOf(t, s)
	if _, err := s.init(t.Context(), inFile); !errors.Is(err, ui.ErrExists) {
		t.Errorf("a second init: %v", err)
	}
	if idOf(t, s) != before {
		t.Error("the key is another one")
	}
}

// A profile never stands there without its key: an init that fails, or is cut
// off, leaves none, and the next one goes through.
func TestInitThatFailsLeavesNoProfile(t *testing.T) {
	s := wallets(t)
	refuse := errors.New("no")
	bad := inFile
	bad.Passphrase = func(context.Context) ([]byte, error) { return nil, refuse }
	if _, err := s.init(t.Context(), bad); !errors.Is(err, refuse) {
		t.Fatalf("got %v", err)
	}
	if names, err := s.Root.List(); err != nil || len(names) != 0 {
		t.Fatalf("%v, %v", names, err)
	}
	report, err := s.init(t.Context(), inFile)
	if err != nil || report.Again {
		t.Fatalf("%+v, %v", report, err)
	}
}

// Whoever lost the wallet's files, or was cut off before there were any, still
// has the key.
func TestInitUsesTheKeyThatIsThere(t *testing.T) {
	s := wallets(t)
	first, err := s.init(t.Context(), inFile)
	if err != nil {
		t.Fatal(err)
	}
	before := idOf(t, s)
	for _, name := range []string{"profile.json", "vault"} {
		if err := os.RemoveAll(filepath.Join(first.Folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	again, err := s.init(t.Context(), inFile)
	if err != nil || !again.Again {
		t.Fatalf("%+v, %v", again, err)
	}
	if idOf(t, s) != before {
		t.Error("the key is another one")
	}
}

func TestARecoveryFileNeverGivesWay(t *testing.T) {
	dir := t.TempDir()
	k := keyring.NewFile(filepath.Join(dir, "master.age"), filepath.Join(dir, "marks"),
		func(context.Context) (string, error) { return "four or five small words", nil })
	mine, hers := keys.Masters{Current: keys.NewMaster()}, keys.Masters{Current: keys.NewMaster()}
	if again, err := keep(t.Context(), k, mine, false); err != nil || again {
		t.Fatal(again, err)
	}
	if _, err := keep(t.Context(), k, hers, false); !errors.Is(err, keyring.Taken) {
		t.Errorf("got %v", err)
	}
	if again, err := keep(t.Context(), k, mine, false); err != nil || !again {
		t.Errorf("the same key: %v, %v", again, err)
	}
}
