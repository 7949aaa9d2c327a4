package vault

import (
	"cmp"
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
	if ref.ID == (fileID{}) {
		return slices.Clone(ref.Here), nil
	}
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

// writeBlobs writes new files for the values, side by side.
func (v *Vault) writeBlobs(values map[string][]byte) ([]blobRef, error) {
	var refs []blobRef
	var failed []error
	var writing sync.WaitGroup
	var mu sync.Mutex
	for name, value := range values {
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

// storeBlobs writes the blobs that have no room in the head and returns the list
// that the next head has.
func (v *Vault) storeBlobs(changed map[string][]byte) ([]blobRef, error) {
	list := v.now.head.with(changed)
	if len(list) > MaxBlobs {
		return nil, fmt.Errorf("%d blobs are %w", len(list), ErrTooLarge)
	}
	large := map[string][]byte{}
	for _, i := range v.crowded(list) {
		large[list[i].Name] = list[i].Here
	}
	written, err := v.writeBlobs(large)
	if err != nil {
		return nil, err
	}
	for _, ref := range written {
		i := slices.IndexFunc(list, func(b blobRef) bool { return b.Name == ref.Name })
		ref.Set = list[i].Set
		list[i] = ref
	}
	return list, nil
}

// with are the head's blobs with those that change, which all stand in it still.
func (h head) with(changed map[string][]byte) []blobRef {
	list := slices.DeleteFunc(slices.Clone(h.Blobs), func(b blobRef) bool {
		_, is := changed[b.Name]
		return is
	})
	for name, value := range changed {
		if value != nil {
			list = append(list, blobRef{Name: name, Here: slices.Clone(value), Set: h.Generation + 1})
		}
	}
	slices.SortFunc(list, func(a, b blobRef) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// crowded are the blobs in a list that must leave the head: as many of those
// that were set longest ago, and of them the largest, as there is no room for.
func (v *Vault) crowded(list []blobRef) (leave []int) {
	var here []int
	for i, b := range list {
		if b.ID == (fileID{}) {
			here = append(here, i)
		}
	}
	slices.SortFunc(here, func(i, j int) int {
		return cmp.Or(cmp.Compare(list[i].Set, list[j].Set), cmp.Compare(len(list[j].Here), len(list[i].Here)))
	})
	bytes := hereBlobs(list)
	for _, i := range here {
		if bytes <= maxHereBlobs && !v.apart {
			break
		}
		leave = append(leave, i)
		bytes -= len(list[i].Here)
	}
	return leave
}
