package keyring

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"unicode/utf8"

	"filippo.io/age"
	"golang.org/x/text/unicode/norm"
)

// Limits of files under a passphrase.
const (
	// WorkFactor is the base-2 logarithm of scrypt's cost: 0.7 s and 256 MB.
	WorkFactor = 18
	// MaxWorkFactor is the most that is done to open a file: 1 GB.
	MaxWorkFactor = 20
	// MinPassphrase is the least number of characters of a new passphrase.
	MinPassphrase = 12

	maxPassphraseFile = 64 << 10
)

// CheckPassphrase returns [WeakPassphrase] for one that is too short to begin
// with. It cannot tell a good one.
func CheckPassphrase(passphrase string) error {
	if utf8.RuneCountInString(passphrase) < MinPassphrase {
		return WeakPassphrase.because(nil)
	}
	return nil
}

// normal makes one passphrase of what different keyboards send for the same
// letters (Unicode NFC).
func normal(passphrase string) string { return norm.NFC.String(passphrase) }

// sealWithPassphrase encrypts b to w as an age file.
func sealWithPassphrase(w io.Writer, b []byte, passphrase string, workFactor int) error {
	if err := CheckPassphrase(passphrase); err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(normal(passphrase))
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(workFactor)
	sealed, err := age.Encrypt(w, recipient)
	if err != nil {
		return err
	}
	if _, err := sealed.Write(b); err != nil {
		return err
	}
	return sealed.Close()
}

// openWithPassphrase decrypts an age file of at most limit plain bytes.
func openWithPassphrase(r io.Reader, passphrase string, limit int64) ([]byte, error) {
	identity, err := age.NewScryptIdentity(normal(passphrase))
	if err != nil {
		return nil, WrongPassphrase.because(nil) // it is empty
	}
	identity.SetMaxWorkFactor(MaxWorkFactor)
	plain, err := age.Decrypt(r, careful{identity})
	if err != nil {
		return nil, passphraseProblem(err)
	}
	b, err := io.ReadAll(io.LimitReader(plain, limit+1))
	if err != nil {
		return nil, Damaged.because(err)
	}
	if int64(len(b)) > limit {
		return nil, Damaged.because(errors.New("the file holds too much"))
	}
	return b, nil
}

func passphraseProblem(err error) error {
	var wrong *age.NoIdentityMatchError
	switch {
	case errors.Is(err, TooCostly):
		return TooCostly.because(nil)
	case errors.As(err, &wrong):
		return WrongPassphrase.because(nil)
	}
	return Damaged.because(err)
}

// careful is a passphrase that says [TooCostly] before it computes.
type careful struct{ *age.ScryptIdentity }

// Unwrap opens a file key; see [age.Identity].
func (c careful) Unwrap(stanzas []*age.Stanza) ([]byte, error) {
	for _, s := range stanzas {
		if s.Type != "scrypt" || len(s.Args) != 2 {
			return nil, errors.New("the file is not under a passphrase")
		}
		if n, err := strconv.Atoi(s.Args[1]); err == nil && n > MaxWorkFactor {
			return nil, TooCostly
		}
	}
	return c.ScryptIdentity.Unwrap(stanzas)
}

// sealedBytes encrypts into memory: what is written to disk at once is small.
func sealedBytes(b []byte, passphrase string, workFactor int) ([]byte, error) {
	var out bytes.Buffer
	err := sealWithPassphrase(&out, b, passphrase, workFactor)
	return out.Bytes(), err
}
