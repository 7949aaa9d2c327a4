package vault

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"filippo.io/age"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// Seal seals a profile's files and opens them; see wallet/keys.
type Seal interface {
	age.Identity
	Recipient() age.Recipient
	Hash() consent.Hash // of the recipient
}

// version is that of the files of a kind. Heads of version 1 lay in one file and
// were renamed into place.
func (k kind) version() int {
	if k == headKind {
		return 2
	}
	return 1
}

// kind is what a file is; it stands in its first line.
type kind string

const (
	headKind    kind = "head"
	segmentKind kind = "segment"
	blobKind    kind = "blob"
)

// label is what stands in front and again, authenticated, inside.
func (k kind) label() string { return fmt.Sprintf("carekey vault %s %d", k, k.version()) }

// maxLabel is longer than any first line that a version of carekey writes.
const maxLabel = 64

// check reads a file's first line and returns its length.
func (k kind) check(start []byte) (int64, error) {
	line, _, found := bytes.Cut(start, []byte("\n"))
	if string(line) == k.label() && found {
		return int64(len(line)) + 1, nil
	}
	version, ok := strings.CutPrefix(string(line), "carekey vault "+string(k)+" ")
	if n, err := strconv.Atoi(version); ok && found && err == nil && n > k.version() {
		return 0, fmt.Errorf("%w (format %d)", ErrNewer, n)
	}
	return 0, fmt.Errorf("the file does not begin as a %s does", k)
}

// sealTag says to which recipient a file is sealed.
type sealTag [8]byte

func tagOf(s Seal) sealTag {
	h := s.Hash()
	return sealTag(h[:8])
}

// safe seals and opens files.
type safe struct {
	fs         durable.FS
	seal       Seal
	identities []age.Identity
}

func newSafe(fsys durable.FS, seal Seal, older []Seal) safe {
	s := safe{fs: fsys, seal: seal, identities: []age.Identity{seal}}
	for _, o := range older {
		s.identities = append(s.identities, o)
	}
	return s
}

// write seals what content writes, durably.
func (s safe) write(name string, k kind, content func(io.Writer) error) error {
	return durable.Write(s.fs, name, func(w io.Writer) error {
		out := bufio.NewWriterSize(w, 1<<18)
		if err := s.encrypt(out, k, content); err != nil {
			return err
		}
		return out.Flush()
	})
}

func (s safe) encrypt(out io.Writer, k kind, content func(io.Writer) error) error {
	if _, err := io.WriteString(out, k.label()+"\n"); err != nil {
		return err
	}
	w, err := age.Encrypt(out, s.seal.Recipient())
	if err != nil {
		return err
	}
	return errors.Join(content(w), w.Close())
}

// openAt opens a sealed file for reading in place; size is its whole length.
func (s safe) openAt(f io.ReaderAt, size int64, k kind) (io.ReaderAt, int64, error) {
	start := make([]byte, min(maxLabel, size))
	if _, err := f.ReadAt(start, 0); err != nil && err != io.EOF {
		return nil, 0, err
	}
	skip, err := k.check(start)
	if err != nil {
		return nil, 0, err
	}
	plain, n, err := age.DecryptReaderAt(io.NewSectionReader(f, skip, size-skip), size-skip, s.identities...)
	if noMatch := new(age.NoIdentityMatchError); errors.As(err, &noMatch) {
		return nil, 0, ErrForeign
	}
	return plain, n, err
}

// openBytes opens a whole sealed file of at most limit plain bytes.
func (s safe) openBytes(sealed []byte, k kind, limit int64) ([]byte, error) {
	plain, n, err := s.openAt(bytes.NewReader(sealed), int64(len(sealed)), k)
	if err != nil {
		return nil, err
	}
	if n > limit {
		return nil, ErrTooLarge
	}
	return io.ReadAll(io.NewSectionReader(plain, 0, n))
}

// sealedLimit is an upper bound for the length of a sealed file that holds
// limit bytes.
func sealedLimit(limit int64) int64 { return limit + limit/1024 + 8192 }

// readSealed reads a whole sealed file.
func (s safe) readSealed(name string, k kind, limit int64) ([]byte, error) {
	sealed, err := durable.ReadFile(name, sealedLimit(limit))
	if errors.Is(err, os.ErrNotExist) {
		return nil, damaged(name+" is missing", err)
	}
	if err != nil {
		return nil, err
	}
	plain, err := s.openBytes(sealed, k, limit)
	if err != nil {
		return nil, damaged(name, err)
	}
	return plain, nil
}
