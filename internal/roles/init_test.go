package roles

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"carekey/ui"
	"carekey/ui/ask"
	"carekey/wallet/keyring"
	"carekey/wallet/keys"
	"carekey/wallet/profile"
)

const spoken = "four or five small words"

func say(context.Context) ([]byte, error) { return []byte(spoken), nil }

// TestInit follows one person. A profile never stands there without its key:
// an init that fails, or is cut off, leaves none, and the next one goes through.
// Whoever lost the wallet's files still has the key.
func TestInit(t *testing.T) {
	t.Parallel()
	s := Wallets{Root: profile.RootAt(t.TempDir()), Log: slog.New(slog.DiscardHandler)}
	options := ui.InitOptions{Place: ui.InPassphraseFile, Passphrase: say}
	refused := errors.New("no")
	mute := options
	mute.Passphrase = func(context.Context) ([]byte, error) { return nil, refused }
	if _, err := s.init(t.Context(), mute); !errors.Is(err, refused) {
		t.Fatalf("without a passphrase: %v", err)
	}
	if names, err := s.Root.List(); err != nil || len(names) != 0 {
		t.Fatalf("left behind: %v, %v", names, err)
	}
	made, err := s.init(t.Context(), options)
	if err != nil || made.Again {
		t.Fatalf("%+v, %v", made, err)
	}
	key := readKey(t, made)
	if _, err := s.init(t.Context(), options); !errors.Is(err, ui.ErrExists) {
		t.Errorf("a second init: %v", err)
	}
	p, err := s.find("")
	if err != nil {
		t.Fatal(err)
	}
	far := keyring.Marks{Generation: 7, Headers: []keyring.HeaderMark{{Height: 9}}}
	if err := keyring.RaiseMarks(t.Context(), quiet(p), far); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(made.Folder, "profile.json")); err != nil {
		t.Fatal(err)
	}
	again, err := s.init(t.Context(), options)
	if err != nil || !again.Again {
		t.Fatalf("%+v, %v", again, err)
	}
	if !bytes.Equal(readKey(t, again), key) {
		t.Error("the key is another one")
	}
	far.Generation = 0 // the new vault was not turned back; the ledger still may be
	if kept, err := keyring.LoadMarks(t.Context(), quiet(p)); err != nil || !reflect.DeepEqual(kept, far) {
		t.Errorf("the marks are %+v, %v", kept, err)
	}
}

// TestAVaultThatIsThereIsNotForgotten: it may have been turned back.
func TestAVaultThatIsThereIsNotForgotten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := keyring.NewFile(filepath.Join(dir, "master.age"), filepath.Join(dir, "marks"), nil)
	far := keyring.Marks{Generation: 7}
	if err := keyring.RaiseMarks(t.Context(), k, far); err != nil {
		t.Fatal(err)
	}
	if err := forgetVault(t.Context(), k, dir); err != nil {
		t.Fatal(err)
	}
	if kept, err := keyring.LoadMarks(t.Context(), k); err != nil || kept.Generation != 7 {
		t.Errorf("the marks are %+v, %v", kept, err)
	}
}

func TestInitTellsOfANameThatIsNone(t *testing.T) {
	t.Parallel()
	s := Wallets{Root: profile.RootAt(t.TempDir()), Log: slog.New(slog.DiscardHandler)}
	for _, name := range []string{"my aunt", "..", string(demoName)} {
		if _, err := s.init(t.Context(), ui.InitOptions{Profile: name}); !errors.Is(err, ui.ErrUsage) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestPassphrasesAreAskedForAsTheyAreKept: what is taken at the prompt is not
// refused later.
func TestPassphrasesAreAskedForAsTheyAreKept(t *testing.T) {
	t.Parallel()
	if ask.MinPassphrase != keyring.MinPassphrase {
		t.Errorf("%d characters are asked for, %d are needed", ask.MinPassphrase, keyring.MinPassphrase)
	}
}

func readKey(t *testing.T, r ui.InitReport) []byte {
	t.Helper()
	b, err := os.ReadFile(r.KeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestARecoveryFileNeverGivesWay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := keyring.NewFile(filepath.Join(dir, "master.age"), filepath.Join(dir, "marks"),
		func(context.Context) (string, error) { return spoken, nil })
	k.WorkFactor = 10
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

// TestOneLengthOfPassphrases: who was told that a passphrase is long enough must
// not hear the opposite after typing it twice.
func TestOneLengthOfPassphrases(t *testing.T) {
	if ask.MinPassphrase != keyring.MinPassphrase {
		t.Errorf("people are asked for %d characters, and the files want %d", ask.MinPassphrase, keyring.MinPassphrase)
	}
}
