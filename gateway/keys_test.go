package gateway

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"carekey/consent"
)

func TestNewKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	made, err := NewKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := LoadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	if made.Ledger.Public() != loaded.Ledger.Public() || made.TLSKey() != loaded.TLSKey() || made.Seal.Hash() != loaded.Seal.Hash() {
		t.Error("other keys were read than written")
	}
	if made.Ledger.Public() == made.TLSKey() {
		t.Error("one key for two purposes")
	}
	s := consent.Statement{Context: consent.ContextHeader, Chain: "c", Body: []byte{1}}
	sig, err := loaded.Ledger.Sign(s)
	if err != nil || s.Verify(made.Ledger.Public(), sig) != nil {
		t.Errorf("the ledger key does not sign: %v", err)
	}
	if _, err := NewKeys(dir); !errors.Is(err, ErrKeysExist) {
		t.Errorf("keys were overwritten: %v", err)
	}
	for _, name := range []string{ledgerKeyFile, tlsKeyFile, sealFile} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestLoadKeysRefuses(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"readable by others": func(dir string) error { return os.Chmod(filepath.Join(dir, sealFile), 0o644) },
		"missing":            func(dir string) error { return os.Remove(filepath.Join(dir, tlsKeyFile)) },
		"nonsense":           func(dir string) error { return os.WriteFile(filepath.Join(dir, ledgerKeyFile), []byte("x"), 0o600) },
		"a seal for a key":   func(dir string) error { return os.Rename(filepath.Join(dir, sealFile), filepath.Join(dir, tlsKeyFile)) },
		"too long": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, sealFile), make([]byte, maxKeyFile+1), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := NewKeys(dir); err != nil {
				t.Fatal(err)
			}
			if err := spoil(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := LoadKeys(dir); err == nil {
				t.Error("they were read")
			}
		})
	}
}

func TestKeysAreNeverPrinted(t *testing.T) {
	k, err := NewKeys(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secret := k.Seal.identity.String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		text := fmt.Sprintf(verb+" "+verb, k.Ledger, k.Seal)
		if strings.Contains(text, secret) || !strings.Contains(text, hidden) {
			t.Errorf("%s prints %.60s", verb, text)
		}
	}
}
