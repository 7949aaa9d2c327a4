package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age/armor"

	"carekey/consent"
	"carekey/wallet/internal/durable"
	"carekey/wallet/keys"
)

// MaxHintsBytes limits a recovery file's hints.
const MaxHintsBytes = 16 << 10

// Recovery is what brings a wallet back on a new computer.
type Recovery struct {
	Masters keys.Masters
	Hints   []byte // the caller's: networks and institutions to ask; may be empty
}

type recoveryBytes struct {
	_       struct{} `cbor:",toarray"`
	Label   string
	Masters []byte
	Hints   []byte
}

const recoveryLabel = "carekey/recovery/1"

// WriteRecovery writes a recovery file where there is none yet; an existing file
// gives [io/fs.ErrExist]. The file counts only once [OpenRecovery] has opened it.
func WriteRecovery(name string, r Recovery, passphrase string, workFactor int) error {
	if len(r.Hints) > MaxHintsBytes {
		return fmt.Errorf("hints of %d bytes are too long for a recovery file", len(r.Hints))
	}
	masters, err := r.Masters.Encode()
	if err != nil {
		return err
	}
	defer clear(masters)
	plain := encodeRecovery(masters, r.Hints)
	defer clear(plain)
	sealed, err := sealedBytes(plain, passphrase, workFactor)
	if err != nil {
		return err
	}
	return durable.WriteNew(durable.OS{}, name, func(w io.Writer) error {
		a := armor.NewWriter(w)
		_, err := a.Write(sealed)
		return errors.Join(err, a.Close())
	})
}

func encodeRecovery(masters, hints []byte) []byte {
	return consent.Encode(recoveryBytes{Label: recoveryLabel, Masters: masters, Hints: hints})
}

// OpenRecovery opens a recovery file. A missing file is [io/fs.ErrNotExist].
func OpenRecovery(name, passphrase string) (Recovery, error) {
	raw, err := durable.ReadFile(name, maxPassphraseFile)
	if err != nil {
		return Recovery{}, err
	}
	plain, err := openWithPassphrase(armor.NewReader(bytes.NewReader(raw)), passphrase, maxPassphraseFile)
	if err != nil {
		return Recovery{}, err
	}
	defer clear(plain)
	r, err := decodeRecovery(plain)
	if err != nil {
		return Recovery{}, Damaged.because(err)
	}
	return r, nil
}

func decodeRecovery(plain []byte) (Recovery, error) {
	var in recoveryBytes
	if err := consent.Decode(plain, maxPassphraseFile, &in); err != nil {
		return Recovery{}, err
	}
	if in.Label != recoveryLabel {
		return Recovery{}, errors.New("the file is of another kind or version")
	}
	if len(in.Hints) > MaxHintsBytes {
		return Recovery{}, errors.New("the hints are too long")
	}
	masters, err := keys.DecodeMasters(in.Masters)
	clear(in.Masters)
	return Recovery{Masters: masters, Hints: in.Hints}, err
}
