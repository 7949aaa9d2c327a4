package vault

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"carekey/consent"
)

// maxSegmentBytes limits the records of one segment, so that an offset has 32
// bits with room to spare.
const maxSegmentBytes = 1 << 30

// footer ends a segment and says where everything is. It is followed by its own
// length in two bytes. Before it come the records, the logs and institutions
// that the segment names first, and the index.
type footer struct {
	_                struct{} `cbor:",toarray"`
	Label            string
	ID               fileID
	Records          int64 // bytes, from the start of the file
	FirstLog         uint32
	Logs             uint32
	FirstInstitution uint32
	Institutions     uint32
	Rows             uint32
}

const (
	maxFooter    = 256
	footerLength = 2
)

// namesSize is the length of the logs and institutions.
func (f footer) namesSize() int64 { return 32 * (int64(f.Logs) + int64(f.Institutions)) }

// rowsSize is the length of the index.
func (f footer) rowsSize() int64 { return rowSize * int64(f.Rows) }

// segment is an open segment.
type segment struct {
	ref   segmentRef
	file  *os.File // nil for one that stands in the head
	plain io.ReaderAt
	foot  footer
}

// openSegment opens a segment and checks that it is the one that is meant.
func (s safe) openSegment(dir folder, ref segmentRef) (*segment, error) {
	if len(ref.Here) > 0 {
		return openHere(ref)
	}
	f, err := os.Open(dir.segment(ref.ID))
	if errors.Is(err, os.ErrNotExist) {
		return nil, damaged("segment "+ref.ID.String()+" is missing", err)
	}
	if err != nil {
		return nil, err
	}
	seg := &segment{ref: ref, file: f}
	if err := seg.open(s); err != nil {
		return nil, errors.Join(damaged("segment "+ref.ID.String(), err), f.Close())
	}
	return seg, nil
}

// openHere opens a segment that stands in the head.
func openHere(ref segmentRef) (*segment, error) {
	seg := &segment{ref: ref}
	if err := seg.read(bytes.NewReader(ref.Here), int64(len(ref.Here))); err != nil {
		return nil, damaged("segment "+ref.ID.String(), err)
	}
	return seg, nil
}

func (g *segment) open(s safe) error {
	info, err := g.file.Stat()
	if err != nil {
		return err
	}
	plain, size, err := s.openAt(g.file, info.Size(), segmentKind)
	if err != nil {
		return err
	}
	return g.read(plain, size)
}

// read takes the segment's bytes over and checks whose they are.
func (g *segment) read(plain io.ReaderAt, size int64) (err error) {
	g.plain = plain
	if g.foot, err = readFooter(plain, size); err != nil {
		return err
	}
	if g.foot.ID != g.ref.ID || g.foot.Rows != g.ref.Rows {
		return errors.New("another segment lies in its place")
	}
	return nil
}

// readFooter reads and checks the end of a segment of the given length.
func readFooter(plain io.ReaderAt, size int64) (footer, error) {
	var f footer
	end := make([]byte, min(size, maxFooter+footerLength))
	if err := readAt(plain, end, size-int64(len(end))); err != nil {
		return f, err
	}
	if len(end) < footerLength {
		return f, io.ErrUnexpectedEOF
	}
	end, tail := end[:len(end)-footerLength], end[len(end)-footerLength:]
	n := int(binary.BigEndian.Uint16(tail))
	if n > len(end) {
		return f, errors.New("the footer's length is wrong")
	}
	if err := consent.Decode(end[len(end)-n:], maxFooter, &f); err != nil {
		return f, err
	}
	if f.Label != segmentKind.label() {
		return f, errors.New("the segment is of another kind or version")
	}
	if f.Records < 0 || f.Records > maxSegmentBytes || f.Records+f.namesSize()+f.rowsSize()+int64(n)+footerLength != size {
		return f, errors.New("the segment's parts do not add up")
	}
	return f, nil
}

// readAt fills b; an end of file right behind it is no error.
func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readNames adds the logs and institutions that the segment names first.
func (f footer) readNames(plain io.ReaderAt, names *interner) error {
	if int(f.FirstLog) != len(names.logs) || int(f.FirstInstitution) != len(names.institutions) {
		return errors.New("a segment before it is missing")
	}
	in := bufio.NewReader(io.NewSectionReader(plain, f.Records, f.namesSize()))
	var id [32]byte
	for range f.Logs {
		if _, err := io.ReadFull(in, id[:]); err != nil {
			return err
		}
		if i, err := names.log(id); err != nil || int(i) != len(names.logs)-1 {
			return errors.Join(errors.New("a log is named twice"), err)
		}
	}
	for range f.Institutions {
		if _, err := io.ReadFull(in, id[:]); err != nil {
			return err
		}
		if i, err := names.institution(id); err != nil || int(i) != len(names.institutions)-1 {
			return errors.Join(errors.New("an institution is named twice"), err)
		}
	}
	return nil
}

// readRows reads the index: rows that ascend and refer to the given names.
func (f footer) readRows(plain io.ReaderAt, names tables, segment uint16) ([]row, error) {
	in := bufio.NewReaderSize(io.NewSectionReader(plain, f.Records+f.namesSize(), f.rowsSize()), 1<<18)
	var b [rowSize]byte
	rows := make([]row, 0, f.Rows)
	for i := range int(f.Rows) {
		if _, err := io.ReadFull(in, b[:]); err != nil {
			return nil, err
		}
		r := decodeRow(b[:])
		if int(r.log) >= len(names.logs) || int(r.institution) >= len(names.institutions) || int64(r.offset) >= f.Records {
			return nil, fmt.Errorf("row %d points nowhere", i)
		}
		if i > 0 && rows[i-1].compare(r) >= 0 {
			return nil, fmt.Errorf("row %d is out of order", i)
		}
		r.segment = segment
		rows = append(rows, r)
	}
	return rows, nil
}

// firstRead is how much of a record is read at once; most are shorter.
const firstRead = 4096

// record reads the encoded record at an offset.
func (f footer) record(plain io.ReaderAt, offset uint32) ([]byte, error) {
	b := make([]byte, min(firstRead, f.Records-int64(offset)))
	if len(b) < lengthSize {
		return nil, io.ErrUnexpectedEOF
	}
	if err := readAt(plain, b, int64(offset)); err != nil {
		return nil, err
	}
	n, err := recordLength(b)
	if err != nil {
		return nil, err
	}
	if int64(offset)+lengthSize+int64(n) > f.Records {
		return nil, io.ErrUnexpectedEOF
	}
	if lengthSize+n <= len(b) {
		return b[lengthSize : lengthSize+n], nil
	}
	out := make([]byte, n)
	return out, readAt(plain, out, int64(offset)+lengthSize)
}

// record reads and decodes the record at an offset.
func (g *segment) record(offset uint32) (Record, error) {
	b, err := g.foot.record(g.plain, offset)
	if err != nil {
		return Record{}, damaged("segment "+g.ref.ID.String(), err)
	}
	r, err := decodeRecord(b)
	if err != nil {
		return Record{}, damaged("segment "+g.ref.ID.String(), err)
	}
	return r, nil
}

// close ends reading.
func (g *segment) close() error {
	if g.file == nil {
		return nil
	}
	return g.file.Close()
}
