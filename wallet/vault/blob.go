package vault

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"carekey/consent"
)

// MaxBlobBytes limits one blob.
const MaxBlobBytes = 4 << 20

// checkBlobName takes up to 32 small letters, digits and hyphens that begin with
// a letter.
func checkBlobName(name string) error {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	rest := strings.TrimLeft(name, letters)
	if len(name) > 32 || rest == name || strings.Trim(rest, letters+"0123456789-") != "" {
		return fmt.Errorf("%q is not a name for a blob", name)
	}
	return nil
}

// blobBytes is a blob at rest.
type blobBytes struct {
	_     struct{} `cbor:",toarray"`
	Label string
	ID    fileID
	Name  string
	Value []byte
}

// decodeBlob reads a blob and checks that it is the one that is meant.
func decodeBlob(plain []byte, ref blobRef) ([]byte, error) {
	var b blobBytes
	if err := consent.Decode(plain, MaxBlobBytes+256, &b); err != nil {
		return nil, err
	}
	if b.Label != blobKind.label() {
		return nil, errors.New("the blob is of another kind or version")
	}
	if b.ID != ref.ID || b.Name != ref.Name {
		return nil, errors.New("another blob lies in its place")
	}
	return b.Value, nil
}

// Blob reads a named value, or returns [ErrNotFound].
func (v *Vault) Blob(name string) ([]byte, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.closed {
		return nil, ErrClosed
	}
	for _, ref := range v.now.head.Blobs {
		if ref.Name == name {
			return v.readBlob(ref)
		}
	}
	return nil, ErrNotFound
}

func (v *Vault) readBlob(ref blobRef) ([]byte, error) {
	plain, err := v.safe.readSealed(v.dir.blob(ref.ID), blobKind, MaxBlobBytes+256)
	if errors.Is(err, os.ErrNotExist) {
		if now, diskErr := headOnDisk(v.dir); diskErr == nil && now != v.now.digest {
			return nil, ErrStale
		}
	}
	if err != nil {
		return nil, err
	}
	value, err := decodeBlob(plain, ref)
	if err != nil {
		return nil, damaged("blob "+ref.Name, err)
	}
	return value, nil
}

// writeBlob writes a new blob file.
func (v *Vault) writeBlob(name string, value []byte) (blobRef, error) {
	ref := blobRef{Name: name, ID: newFileID(), Seal: tagOf(v.safe.seal)}
	plain := consent.Encode(blobBytes{Label: blobKind.label(), ID: ref.ID, Name: name, Value: value})
	return ref, v.safe.write(v.dir.blob(ref.ID), blobKind, func(w io.Writer) error {
		_, err := w.Write(plain)
		return err
	})
}

// writeBlobs writes new files for all values but nil ones, side by side.
func (v *Vault) writeBlobs(values map[string][]byte) ([]blobRef, error) {
	var refs []blobRef
	var failed []error
	var writing sync.WaitGroup
	var mu sync.Mutex
	for name, value := range values {
		if value == nil {
			continue
		}
		writing.Go(func() {
			ref, err := v.writeBlob(name, value)
			mu.Lock()
			defer mu.Unlock()
			refs, failed = append(refs, ref), append(failed, err)
		})
	}
	writing.Wait()
	return refs, errors.Join(failed...)
}

// storeBlobs writes the batch's blobs and returns the list that the next head
// has.
func (v *Vault) storeBlobs(changed map[string][]byte) ([]blobRef, error) {
	var list []blobRef
	for _, ref := range v.now.head.Blobs {
		if _, is := changed[ref.Name]; !is {
			list = append(list, ref)
		}
	}
	written, err := v.writeBlobs(changed)
	if err != nil {
		return nil, err
	}
	list = append(list, written...)
	if len(list) > MaxBlobs {
		return nil, fmt.Errorf("%d blobs are %w", len(list), ErrTooLarge)
	}
	slices.SortFunc(list, func(a, b blobRef) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}
