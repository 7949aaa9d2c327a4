package vault

import (
	"encoding/hex"
	"errors"
	"path/filepath"

	"carekey/consent"
)

// Limits of what a head holds. What is small stands in the head itself, so that
// a commit of a few entries writes nothing else: segments of up to
// maxHereSegment, as long as all together have up to maxHereSegments, and the
// blobs that changed last, up to maxHereBlobs together.
const (
	MaxSummaryBytes = 64 << 10
	MaxBlobs        = 16
	maxSegments     = 4096
	maxHereSegment  = 12 << 10
	maxHereSegments = 24 << 10
	maxHereBlobs    = 40 << 10
	maxHeadBytes    = MaxSummaryBytes + maxSegments*64 + MaxBlobs*128 + maxHereSegments + maxHereBlobs + 1024
)

// fileID names a segment or blob; it is random and never used twice.
type fileID [16]byte

func (id fileID) String() string { return hex.EncodeToString(id[:]) }

// segmentRef is how the head knows a segment.
type segmentRef struct {
	_    struct{} `cbor:",toarray"`
	ID   fileID
	Rows uint32
	Seal sealTag // of its file
	Here []byte  // the segment itself, which then has no file; or empty
}

// blobRef is how the head knows a blob.
type blobRef struct {
	_    struct{} `cbor:",toarray"`
	Name string
	ID   fileID  // zero for one without a file
	Seal sealTag // of its file
	Here []byte  // the value itself, where it has no file
	Set  uint64  // the generation that set the value
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
	if hereSegments(h.Segments) > maxHereSegments || hereBlobs(h.Blobs) > maxHereBlobs {
		return head{}, ErrTooLarge
	}
	for i, b := range h.Blobs {
		if err := checkBlobName(b.Name); err != nil {
			return head{}, err
		}
		if b.ID != (fileID{}) && len(b.Here) > 0 {
			return head{}, errors.New("a blob is in two places")
		}
		if i > 0 && h.Blobs[i-1].Name >= b.Name {
			return head{}, errors.New("the blobs are not in order")
		}
	}
	return h, nil
}

// hereSegments counts the bytes of segments that stand in the head.
func hereSegments(list []segmentRef) (n int) {
	for _, s := range list {
		n += len(s.Here)
	}
	return n
}

// hereBlobs counts the bytes of blobs that stand in the head.
func hereBlobs(list []blobRef) (n int) {
	for _, b := range list {
		n += len(b.Here)
	}
	return n
}

// folder knows where a vault's files are.
type folder string

func (f folder) head(s side) string       { return filepath.Join(string(f), s.name()) }
func (f folder) firstHead() string        { return filepath.Join(string(f), "head") } // of version 1
func (f folder) segments() string         { return filepath.Join(string(f), "segments") }
func (f folder) segment(id fileID) string { return filepath.Join(f.segments(), id.String()) }
func (f folder) blobs() string            { return filepath.Join(string(f), "blobs") }
func (f folder) blob(id fileID) string    { return filepath.Join(f.blobs(), id.String()) }
func (f folder) lock() string             { return filepath.Join(string(f), "lock") }
func (f folder) mergeLock() string        { return filepath.Join(string(f), "merge.lock") }
func (f folder) subfolders() []string     { return []string{f.segments(), f.blobs()} }
