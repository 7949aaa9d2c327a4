package gateway

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"crypto/x509"

	"filippo.io/age"

	"carekey/consent"
)

// The key files of an institution, below its folder of keys.
const (
	ledgerKeyFile = "ledger.pem" // Ed25519, PKCS #8 (RFC 5958)
	tlsKeyFile    = "tls.pem"    // Ed25519, PKCS #8
	sealFile      = "seal.age"   // age hybrid identity, text
	maxKeyFile    = 8 << 10
)

// ErrKeysExist means that a folder holds keys already; they are never
// overwritten.
var ErrKeysExist = errors.New("the folder holds an institution's keys already")

// ErrKeysOpen means that others than their owner may read the key files.
var ErrKeysOpen = errors.New("other users of this computer may read the institution's keys")

// Keys are an institution's private halves.
type Keys struct {
	Ledger consent.Signer // signs statements
	TLS    crypto.Signer  // proves the gateway to its peers
	Seal   *Seal          // opens what was sealed to the institution
}

// TLSKey is the public half of the TLS key.
func (k *Keys) TLSKey() consent.PublicKey {
	return consent.PublicKey(k.TLS.Public().(ed25519.PublicKey))
}

// ledgerKey signs typed statements with an institution's ledger key.
type ledgerKey struct{ private ed25519.PrivateKey }

// Public is [consent.Signer.Public].
func (k ledgerKey) Public() consent.PublicKey {
	return consent.PublicKey(k.private.Public().(ed25519.PublicKey))
}

// Sign is [consent.Signer.Sign].
func (k ledgerKey) Sign(s consent.Statement) (consent.Signature, error) {
	return consent.Signature(ed25519.Sign(k.private, s.Bytes())), nil
}

const hidden = "(private key)"

// Format does not reveal the key, whatever the verb.
func (k ledgerKey) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue does not reveal the key.
func (k ledgerKey) LogValue() slog.Value { return slog.StringValue(hidden) }

// Seal is an institution's age identity. It opens and keeps its key to itself.
type Seal struct{ identity *age.HybridIdentity }

// Unwrap is [age.Identity].
func (s *Seal) Unwrap(stanzas []*age.Stanza) ([]byte, error) { return s.identity.Unwrap(stanzas) }

// Recipient is the public half.
func (s *Seal) Recipient() age.Recipient { return s.identity.Recipient() }

// RecipientText is the public half as text.
func (s *Seal) RecipientText() string { return s.identity.Recipient().String() }

// Hash is the SHA-256 of the recipient's text, as the registry holds it.
func (s *Seal) Hash() consent.Hash { return consent.Sum([]byte(s.RecipientText())) }

// Format does not reveal the key, whatever the verb.
func (s *Seal) Format(f fmt.State, _ rune) { fmt.Fprint(f, hidden) }

// LogValue does not reveal the key.
func (s *Seal) LogValue() slog.Value { return slog.StringValue(hidden) }

// NewKeys makes an institution's keys in dir, readable by their owner alone,
// and returns them. It returns [ErrKeysExist] if any is there.
func NewKeys(dir string) (*Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of keys: %w", err)
	}
	for _, name := range []string{ledgerKeyFile, tlsKeyFile, sealFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return nil, fmt.Errorf("%w: %s", ErrKeysExist, dir)
		}
	}
	for _, name := range []string{ledgerKeyFile, tlsKeyFile} {
		if err := writeKey(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	identity, err := age.GenerateHybridIdentity()
	if err != nil {
		return nil, fmt.Errorf("make a seal identity: %w", err)
	}
	if err := writeSecret(filepath.Join(dir, sealFile), []byte(identity.String()+"\n")); err != nil {
		return nil, err
	}
	return LoadKeys(dir)
}

func writeKey(path string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	defer clear(der)
	return writeSecret(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// writeSecret writes and syncs a new file that only its owner may read.
func writeSecret(path string, b []byte) error {
	defer clear(b)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// LoadKeys reads an institution's keys. It returns [ErrKeysOpen] if others
// could read them.
func LoadKeys(dir string) (*Keys, error) {
	ledger, err := readKey(filepath.Join(dir, ledgerKeyFile))
	if err != nil {
		return nil, err
	}
	tls, err := readKey(filepath.Join(dir, tlsKeyFile))
	if err != nil {
		return nil, err
	}
	text, err := readSecret(filepath.Join(dir, sealFile))
	if err != nil {
		return nil, err
	}
	defer clear(text)
	identity, err := age.ParseHybridIdentity(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil, fmt.Errorf("%s holds no age hybrid identity", filepath.Join(dir, sealFile))
	}
	return &Keys{Ledger: ledgerKey{ledger}, TLS: tls, Seal: &Seal{identity}}, nil
}

func readKey(path string) (ed25519.PrivateKey, error) {
	b, err := readSecret(path)
	if err != nil {
		return nil, err
	}
	defer clear(b)
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("%s holds no private key", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s holds no private key", path)
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s holds a key that is not Ed25519", path)
	}
	return private, nil
}

func readSecret(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s", ErrKeysOpen, path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxKeyFile+1))
	if err != nil {
		return nil, fmt.Errorf("read a key: %w", err)
	}
	if len(b) > maxKeyFile {
		return nil, fmt.Errorf("%s is too long for a key", path)
	}
	return b, nil
}
