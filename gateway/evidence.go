package gateway

import (
	"encoding/hex"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"carekey/client"
	"carekey/consent"
)

// evidenceDir holds what proves that the ledger or a node lied; each file can
// be judged on any machine without a network.
const evidenceDir = "evidence"

// maxEvidence is how many files are kept: a liar must not fill the disk.
const maxEvidence = 64

// evidence keeps lies.
type evidence struct {
	dir string
	log *slog.Logger
}

// keep writes down what a lie leaves as evidence, once, and returns the error.
func (e evidence) keep(err error) error {
	var lie *client.Lie
	if !errors.As(err, &lie) {
		return err
	}
	e.log.Error("the ledger was shown falsely", "kind", lie.Kind.String(), "error", err)
	if len(lie.Evidence) == 0 {
		return err
	}
	if failed := e.write(lie.Evidence); failed != nil {
		e.log.Error("the evidence could not be kept", "error", failed)
	}
	return err
}

func (e evidence) write(b []byte) error {
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return err
	}
	files, err := os.ReadDir(e.dir)
	if err != nil {
		return err
	}
	if len(files) >= maxEvidence {
		return errors.New("there is enough of it already")
	}
	sum := consent.Sum(b)
	f, err := os.OpenFile(filepath.Join(e.dir, hex.EncodeToString(sum[:8])+".evidence"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
