package vault

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"carekey/consent"
	"carekey/wallet/internal/durable"
)

// side is one of the two files where heads are written in turn: while one is
// written over the other stays whole.
type side uint8

const sides = 2

func (s side) name() string { return [sides]string{"head.a", "head.b"}[s] }

func (s side) other() side { return 1 - s }

// A head's file is its first line, a prelude in clear and the sealed head. What
// follows is left of a longer head that stood there before.
//
//	generation  8 bytes, big-endian
//	length      4 bytes, of the sealed head
//	digest      32 bytes, SHA-256 of the sealed head
const preludeSize = 8 + 4 + 32

// maxHeadFile is the longest file of a head.
var maxHeadFile = maxLabel + preludeSize + sealedLimit(maxHeadBytes)

// written is a head as it lies on its side, whole but still sealed.
type written struct {
	side       side
	generation uint64
	digest     consent.Hash // tells it from any other
	sealed     []byte       // with its first line, as other files have it
}

// errTorn means that a side holds what a crash left of a write.
var errTorn = errors.New("it is not whole")

// readSide reads what lies on one side.
func readSide(dir folder, on side) (written, error) {
	file, err := durable.ReadFile(dir.head(on), maxHeadFile)
	if err != nil {
		return written{}, err
	}
	w, skip, length, err := readPrelude(file)
	if err != nil {
		return written{}, err
	}
	w.side = on
	line, rest := file[:skip:skip], file[skip+preludeSize:]
	if int64(len(rest)) < length || consent.Sum(rest[:length]) != w.digest {
		return written{}, errTorn
	}
	w.sealed = append(line, rest[:length]...)
	return w, nil
}

// readPrelude reads what stands before a sealed head, and the length of its
// first line and of itself.
func readPrelude(file []byte) (w written, line, length int64, err error) {
	if line, err = headKind.check(file[:min(maxLabel, len(file))]); err != nil {
		return w, 0, 0, err
	}
	b := file[line:]
	if len(b) < preludeSize {
		return w, 0, 0, errTorn
	}
	w.generation, w.digest = binary.BigEndian.Uint64(b), consent.Hash(b[12:preludeSize])
	return w, line, int64(binary.BigEndian.Uint32(b[8:])), nil
}

// still tells quickly that a head is the newest on disk: nothing on either side
// claims to be newer. False says nothing.
func (w written) still(dir folder) bool {
	here := false
	for on := range side(sides) {
		start, err := readStart(dir.head(on))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		found, _, _, bad := readPrelude(start)
		if err != nil || bad != nil || found.generation > w.generation {
			return false
		}
		here = here || on == w.side && found.digest == w.digest
	}
	return here
}

// readStart reads as much of a file as a first line and a prelude can take.
func readStart(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(f, maxLabel+preludeSize))
	return b, errors.Join(err, f.Close())
}

// newest is the newest whole head on disk. One side may hold none, or what a
// crash left of a commit that was never acknowledged. The error is
// [os.ErrNotExist] when neither was ever written.
//
// Nothing keeps another wallet from writing meanwhile: it may be at each side
// just when that is read. It cannot be so again at once.
func newest(dir folder) (w written, err error) {
	for range 3 {
		if w, err = newestNow(dir); !errors.Is(err, errTorn) {
			break
		}
	}
	return w, err
}

func newestNow(dir folder) (written, error) {
	var found []written
	var failed []error
	for on := range side(sides) {
		w, err := readSide(dir, on)
		switch {
		case err == nil:
			found = append(found, w)
		case errors.Is(err, ErrNewer):
			return written{}, err
		default:
			failed = append(failed, err)
		}
	}
	if len(found) == 0 {
		return written{}, whyNone(failed)
	}
	return slices.MaxFunc(found, func(a, b written) int { return cmp.Compare(a.generation, b.generation) }), nil
}

// whyNone is os.ErrNotExist only if that is all that is wrong.
func whyNone(failed []error) error {
	for _, err := range failed {
		if !errors.Is(err, os.ErrNotExist) {
			return damaged("head", err)
		}
	}
	return os.ErrNotExist
}

// readHead reads the head. A vault that was never written has an empty one.
func (s safe) readHead(dir folder) (head, written, error) {
	w, err := newest(dir)
	if errors.Is(err, os.ErrNotExist) {
		h, err := s.noHead(dir)
		return h, w, err
	}
	if err != nil {
		return head{}, w, err
	}
	plain, err := s.openBytes(w.sealed, headKind, maxHeadBytes)
	if err != nil {
		return head{}, w, damaged("head", err)
	}
	h, err := decodeHead(plain)
	if err == nil && h.Generation != w.generation {
		err = errors.New("it is not of the generation it says")
	}
	if err != nil {
		return head{}, w, damaged("head", err)
	}
	return h, w, nil
}

// noHead is the head of a vault that is yet to be written: generation 0. Where
// entries lie about without one it was lost.
func (s safe) noHead(dir folder) (head, error) {
	if _, err := os.Stat(dir.firstHead()); err == nil {
		return head{}, ErrOlder
	}
	left, err := os.ReadDir(dir.segments())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return head{}, err
	}
	if len(left) > 0 {
		return head{}, fmt.Errorf("%w: the head is missing", ErrDamaged)
	}
	return head{Label: headKind.label()}, nil
}

// headOnDisk is the digest of the newest head on disk, zero when there is none.
func headOnDisk(dir folder) (consent.Hash, error) {
	w, err := newest(dir)
	if errors.Is(err, os.ErrNotExist) {
		return consent.Hash{}, nil
	}
	return w.digest, err
}

// writeHead writes a head to a side: from here on the new generation holds. In
// place is quick, and allowed only while the head on the other side is known to
// have reached the disk.
func (s safe) writeHead(dir folder, h head, to side, inPlace bool) (consent.Hash, error) {
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
	file, digest := headFile(h.Generation, sealed.Bytes())
	if inPlace {
		err = durable.Overwrite(s.fs, dir.head(to), file)
	}
	if !inPlace || errors.Is(err, os.ErrNotExist) {
		err = durable.Write(s.fs, dir.head(to), func(w io.Writer) error {
			_, err := w.Write(file)
			return err
		})
	}
	return digest, err
}

// headFile puts the prelude between a sealed head and its first line.
func headFile(generation uint64, sealed []byte) ([]byte, consent.Hash) {
	line := len(headKind.label()) + 1
	body := sealed[line:]
	digest := consent.Sum(body)
	file := slices.Grow(slices.Clone(sealed[:line]), preludeSize+len(body))
	file = binary.BigEndian.AppendUint64(file, generation)
	file = binary.BigEndian.AppendUint32(file, uint32(len(body)))
	file = append(file, digest[:]...)
	return append(file, body...), digest
}
