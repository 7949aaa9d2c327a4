package fhir

import (
	"bufio"
	"errors"
	"hash/maphash"
	"io"

	"carekey/consent"
)

// ErrChanged means that a text is not the same when it is read again.
var ErrChanged = errors.New("the records changed while they were read")

// Open opens the text of a bundle from its beginning.
type Open func() (io.ReadCloser, error)

// Outline is a bundle whose records stay where they are: in memory is only what
// decides about them. Their text is read again, in its order, when it is written
// or filed. What is not byte for byte what was judged is refused with
// [ErrChanged].
type Outline struct {
	bundle Bundle
	open   Open         // nil when all is in memory
	seed   maphash.Seed // of the sums of texts
}

// ReadOutline reads what [ReadBundle] reads, and the records' text stays behind.
func ReadOutline(open Open, limits Limits) (Outline, []Omission, error) {
	text, err := open()
	if err != nil {
		return Outline{}, nil, err
	}
	rd := newReader(text, limits)
	rd.outline = &outlining{seed: maphash.MakeSeed(), names: map[string][]byte{}}
	err = rd.read()
	if rd.batches != nil {
		rd.batches.end()
	}
	err = errors.Join(err, text.Close())
	if err != nil {
		return Outline{}, nil, err
	}
	rd.bundle.indexCodes()
	return Outline{bundle: rd.bundle, open: open, seed: rd.outline.seed}, rd.omitted, nil
}

// Outline is b as an outline, with all its text in memory.
func (b Bundle) Outline() Outline { return Outline{bundle: b} }

// Narrow is [Narrow].
func (o Outline) Narrow(s consent.Scope) (Outline, Manifest) {
	kept, manifest := Narrow(o.bundle, s)
	o.bundle = kept
	return o, manifest
}

// Patients returns the patients in o, with their text.
func (o Outline) Patients() []Resource { return o.bundle.Patients() }

// left is what an outline knows of a text that it left where it stands.
type left struct {
	at   int64 // its place in the whole text
	size int
	sum  uint64
	refs [][]byte // the references in it, as written there
	ids  []Identifier
}

// outlining is what the reader of an outline needs.
type outlining struct {
	seed  maphash.Seed
	names map[string][]byte // each reference once
	lefts slab[left]
	refs  slab[[]byte]
}

// leave notes what must be known of r, whose text begins at a place, and lets go
// of the text. A patient's stays: it says who the records are about.
func (o *outlining) leave(r *Resource, at int64) {
	known := r.facts
	known.left = &o.lefts.take(1)[0]
	*known.left = left{at: at, size: len(r.Raw), sum: maphash.Bytes(o.seed, r.Raw), refs: o.refs.take(len(known.refs))}
	for i, ref := range known.refs {
		known.left.refs[i] = o.name(ref.of(r.Raw))
	}
	if known.role == support {
		known.left.ids = identifiersOf(*r)
	}
	r.Raw = nil
}

func (o *outlining) name(text []byte) []byte {
	if known, ok := o.names[string(text)]; ok {
		return known
	}
	own := append(make([]byte, 0, len(text)), text...)
	o.names[string(text)] = own
	return own
}

// each visits the entries in their order, each with its text, which stays only
// until the next one.
func (o Outline) each(visit func(i int32, r Resource) error) (err error) {
	again := &rereader{open: o.open, seed: o.seed}
	defer func() { err = errors.Join(err, again.close()) }()
	for i, r := range o.bundle.Entries {
		if l := r.known().left; l != nil {
			if r.Raw, err = again.read(l); err != nil {
				return err
			}
		}
		if err := visit(int32(i), r); err != nil {
			return err
		}
	}
	return nil
}

// rereader reads parts of a text again, one behind the other.
type rereader struct {
	open Open
	seed maphash.Seed
	text io.ReadCloser // nil before the first
	in   *bufio.Reader
	at   int64
	buf  []byte
}

func (again *rereader) read(l *left) ([]byte, error) {
	if again.text == nil {
		text, err := again.open()
		if err != nil {
			return nil, err
		}
		again.text, again.in = text, bufio.NewReaderSize(text, firstWindow)
	}
	if _, err := again.in.Discard(int(l.at - again.at)); err != nil {
		return nil, shorter(err)
	}
	if cap(again.buf) < l.size {
		again.buf = make([]byte, l.size+l.size/4)
	}
	part := again.buf[:l.size]
	if _, err := io.ReadFull(again.in, part); err != nil {
		return nil, shorter(err)
	}
	again.at = l.at + int64(l.size)
	if maphash.Bytes(again.seed, part) != l.sum {
		return nil, ErrChanged
	}
	return part, nil
}

// shorter tells a text that has become shorter from one that cannot be read.
func shorter(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrChanged
	}
	return err
}

func (again *rereader) close() error {
	if again.text == nil {
		return nil
	}
	return again.text.Close()
}
