package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cometbft/cometbft/crypto/ed25519"
	cmtjson "github.com/cometbft/cometbft/libs/json"
	"github.com/cometbft/cometbft/privval"
)

var (
	// ErrValidatorExists means that the home has a validator's key already.
	ErrValidatorExists = errors.New("the ledger's folder has a validator key already")
	// ErrRestored means that the record of what the validator last signed is
	// missing or older than the chain beside it. Signing on could make it sign
	// two different blocks of one height, so nothing starts.
	ErrRestored = errors.New("the validator's record of what it signed is missing or older than its chain; it was restored from a copy")
	// ErrKeyOpen means that others may read the validator's key file.
	ErrKeyOpen = errors.New("the validator's key file can be read by others")
)

// NewValidator makes a validator's key in home and returns its public half. A
// key is made once: it fails with [ErrValidatorExists] if there is one.
func NewValidator(dir string) (public [ed25519.PubKeySize]byte, err error) {
	h, err := openHome(dir)
	if err != nil {
		return public, err
	}
	defer func() { err = errors.Join(err, h.close()) }()
	if h.has(validatorFile) || h.has(validatorStateFile) {
		return public, ErrValidatorExists
	}
	key := ed25519.GenPrivKey()
	if err := saveValidator(privval.NewFilePV(key, h.path(validatorFile), h.path(validatorStateFile))); err != nil {
		return public, err
	}
	copy(public[:], key.PubKey().Bytes())
	return public, nil
}

// saveValidator writes state and key; the library panics where a disk fails.
func saveValidator(pv *privval.FilePV) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("write the validator's key: %v", r)
		}
	}()
	pv.Save()
	return nil
}

// loadValidator reads the key with the record of what it last signed.
func loadValidator(h *home) (*privval.FilePV, error) {
	key, err := readValidatorKey(h.path(validatorFile))
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(h.path(validatorStateFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrRestored
	}
	if err != nil {
		return nil, fmt.Errorf("read the validator's record: %w", err)
	}
	var last privval.FilePVLastSignState
	if err := cmtjson.Unmarshal(raw, &last); err != nil {
		return nil, fmt.Errorf("read the validator's record: %w", err)
	}
	pv := privval.NewFilePV(key, h.path(validatorFile), h.path(validatorStateFile))
	pv.LastSignState.Height, pv.LastSignState.Round, pv.LastSignState.Step = last.Height, last.Round, last.Step
	pv.LastSignState.Signature, pv.LastSignState.SignBytes = last.Signature, last.SignBytes
	return pv, nil
}

func readValidatorKey(path string) (ed25519.PrivKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read the validator's key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: %s", ErrKeyOpen, filepath.Base(path))
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the validator's key: %w", err)
	}
	var file privval.FilePVKey
	if cmtjson.Unmarshal(raw, &file) != nil { // its text could quote the key
		return nil, errors.New("the validator's key file is damaged")
	}
	key, ok := file.PrivKey.(ed25519.PrivKey)
	if !ok || len(key) != ed25519.PrivateKeySize {
		return nil, errors.New("the validator's key is not an Ed25519 key")
	}
	return key, nil
}
