package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// Limits of what a head holds.
const (
	MaxSummaryBytes = 64 << 10
	MaxBlobs        = 16
	maxSegments     = 4096
	maxHeadBytes    = MaxSummaryBytes + maxSegments*64 + MaxBlobs*96 + 256
)

// fileID names a segment or blob; it is random and never used twice.
type fileID [16]byte

func (id fileID) String() string { return hex.EncodeToString(id[:]) }

// segmentRef is how the head knows a segment.
type segmentRef struct {
	_    struct{} `cbor:",toarray"`
	ID   fileID
	Rows uint32
	Seal sealTag
}

// blobRef is how the head knows a blob.
type blobRef struct {
	_    struct{} `cbor:",toarray"`
	Name string
	ID   fileID
	Seal sealTag
}

// head is what a vault is at one generation.
type head struct {
	_          struct{} `cbor:",toarray"`
	Label      string
	Generation uint64
	Summary    []byte
	Segments   []segmentRef // oldest first
	Blobs      []blobRef    // by name
}

func decodeHead(b []byte) (head, error) {
	var h head
	if err := consent.Decode(b, maxHeadBytes, &h); err != nil {
		return head{}, err
	}
	if h.Label != headKind.label() {
		return head{}, errors.New("the head is of another kind or version")
	}
	if len(h.Summary) > MaxSummaryBytes || len(h.Segments) > maxSegments || len(h.Blobs) > MaxBlobs {
		return head{}, ErrTooLarge
	}
	for i, b := range h.Blobs {
		if err := checkBlobName(b.Name); err != nil {
			return head{}, err
		}
		if i > 0 && h.Blobs[i-1].Name >= b.Name {
			return head{}, errors.New("the blobs are not in order")
		}
	}
	return h, nil
}

// folder knows where a vault's files are.
type folder string

func (f folder) head() string             { return filepath.Join(string(f), "head") }
func (f folder) segments() string         { return filepath.Join(string(f), "segments") }
func (f folder) segment(id fileID) string { return filepath.Join(f.segments(), id.String()) }
func (f folder) blobs() string            { return filepath.Join(string(f), "blobs") }
func (f folder) blob(id fileID) string    { return filepath.Join(f.blobs(), id.String()) }
func (f folder) lock() string             { return filepath.Join(string(f), "lock") }
func (f folder) mergeLock() string        { return filepath.Join(string(f), "merge.lock") }
func (f folder) subfolders() []string     { return []string{f.segments(), f.blobs()} }

// readHead reads the head and the digest of its file, by which a later change
// is noticed. A vault that was never written has an empty head.
func (s safe) readHead(dir folder) (head, consent.Hash, error) {
	sealed, err := durable.ReadFile(dir.head(), sealedLimit(maxHeadBytes))
	if errors.Is(err, os.ErrNotExist) {
		return s.noHead(dir)
	}
	if err != nil {
		return head{}, consent.Hash{}, err
	}
	plain, err := s.openBytes(sealed, headKind, maxHeadBytes)
	if err != nil {
		return head{}, consent.Hash{}, damaged("head", err)
	}
	h, err := decodeHead(plain)
	if err != nil {
		return head{}, consent.Hash{}, damaged("head", err)
	}
	return h, consent.Sum(sealed), nil
}

// noHead is the head of a vault that is yet to be written: generation 0. Where
// entries lie about without one it was lost.
func (s safe) noHead(dir folder) (head, consent.Hash, error) {
	left, err := os.ReadDir(dir.segments())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return head{}, consent.Hash{}, err
	}
	if len(left) > 0 {
		return head{}, consent.Hash{}, fmt.Errorf("%w: the head is missing", ErrDamaged)
	}
	return head{Label: headKind.label()}, consent.Hash{}, nil
}

// headOnDisk is the digest of the head's file now, zero when there is none.
func headOnDisk(dir folder) (consent.Hash, error) {
	sealed, err := durable.ReadFile(dir.head(), sealedLimit(maxHeadBytes))
	if errors.Is(err, os.ErrNotExist) {
		return consent.Hash{}, nil
	}
	return consent.Sum(sealed), err
}

// writeHead replaces the head: from here on the new generation holds.
func (s safe) writeHead(dir folder, h head) (consent.Hash, error) {
	plain := consent.Encode(h)
	if len(plain) > maxHeadBytes {
		return consent.Hash{}, ErrTooLarge
	}
	var sealed bytes.Buffer
	err := s.encrypt(&sealed, headKind, func(w io.Writer) error {
		_, err := w.Write(plain)
		return err
	})
	if err != nil {
		return consent.Hash{}, err
	}
	return consent.Sum(sealed.Bytes()), durable.Write(s.fs, dir.head(), func(w io.Writer) error {
		_, err := w.Write(sealed.Bytes())
		return err
	})
}
