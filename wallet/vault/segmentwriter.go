package vault

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"carekey/consent"
)

// source gives encoded records by the offset they have now.
type source interface {
	record(offset uint32) ([]byte, error)
	size() int64 // of all its records with their lengths
}

// unwritten are records that are in no segment yet; the offset is the place here.
type unwritten [][]byte

func (f unwritten) record(place uint32) ([]byte, error) { return f[place], nil }

func (f unwritten) size() (n int64) {
	for _, b := range f {
		n += lengthSize + int64(len(b))
	}
	return n
}

// windowSize is how much of a segment is read at once when it is copied.
const windowSize = 1 << 18

// window gives the records of a segment, quickly when asked for in the order in
// which they lie. What it gives holds until the next call.
type window struct {
	segment *segment
	buf     []byte
	start   int64
}

func (w *window) record(offset uint32) ([]byte, error) {
	length, err := w.bytes(int64(offset), lengthSize)
	if err != nil {
		return nil, damaged("segment "+w.segment.ref.ID.String(), err)
	}
	n, err := recordLength(length)
	if err != nil {
		return nil, damaged("segment "+w.segment.ref.ID.String(), err)
	}
	b, err := w.bytes(int64(offset)+lengthSize, n)
	if err != nil {
		return nil, damaged("segment "+w.segment.ref.ID.String(), err)
	}
	return b, nil
}

func (w *window) size() int64 { return w.segment.foot.Records }

// bytes gives n bytes of the records from a place on.
func (w *window) bytes(at int64, n int) ([]byte, error) {
	records := w.segment.foot.Records
	if at+int64(n) > records {
		return nil, io.ErrUnexpectedEOF
	}
	if at < w.start || at+int64(n) > w.start+int64(len(w.buf)) {
		size := min(max(windowSize, int64(n)), records-at)
		if int64(cap(w.buf)) < size {
			w.buf = make([]byte, size)
		}
		w.buf, w.start = w.buf[:size], at
		if err := readAt(w.segment.plain, w.buf, at); err != nil {
			w.buf = w.buf[:0]
			return nil, err
		}
	}
	return w.buf[at-w.start:][:n], nil
}

// draft is a segment to be written: rows that ascend, each with the number of
// its source in row.segment and its offset there.
type draft struct {
	order   order
	rows    []row // the order's, laid out by write
	sources []source
	names   tables // those that the segment names first
	foot    footer // ID, FirstLog and FirstInstitution are set
}

// add puts rows among the draft's; where one is there already, the new one
// takes its place.
func (d *draft) add(rows []row, from source) {
	for i := range rows {
		rows[i].segment = uint16(len(d.sources))
	}
	d.sources = append(d.sources, from)
	d.order = d.order.with(rows, always)
}

// size is at least how long the draft will be.
func (d *draft) size() int64 {
	n := rowSize*int64(d.order.len()) + 32*int64(len(d.names.logs)+len(d.names.institutions)) + maxFooter
	for _, s := range d.sources {
		n += s.size()
	}
	return n
}

// always lets the newer row win.
func always(row) bool { return true }

// write writes the draft's bytes and puts the new offsets into its rows.
func (d *draft) write(ctx context.Context, w io.Writer) error {
	d.rows = append(d.order.base, d.order.tail...)
	if err := d.writeRecords(ctx, w); err != nil {
		return err
	}
	if err := d.writeIndex(w); err != nil {
		return err
	}
	d.foot.Label = segmentKind.label()
	end := consent.Encode(d.foot)
	end = binary.BigEndian.AppendUint16(end, uint16(len(end)))
	_, err := w.Write(end)
	return err
}

func (d *draft) writeRecords(ctx context.Context, w io.Writer) error {
	var length [lengthSize]byte
	for i := range d.rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		r := &d.rows[i]
		b, err := d.sources[r.segment].record(r.offset)
		if err != nil {
			return err
		}
		if d.foot.Records+lengthSize+int64(len(b)) > maxSegmentBytes {
			return fmt.Errorf("a segment of more than %d bytes is %w", maxSegmentBytes, ErrTooLarge)
		}
		binary.BigEndian.PutUint32(length[:], uint32(len(b)))
		if _, err := w.Write(length[:]); err != nil {
			return err
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
		r.offset = uint32(d.foot.Records)
		d.foot.Records += lengthSize + int64(len(b))
	}
	return nil
}

func (d *draft) writeIndex(w io.Writer) error {
	d.foot.Logs = uint32(len(d.names.logs))
	d.foot.Institutions = uint32(len(d.names.institutions))
	d.foot.Rows = uint32(len(d.rows))
	for _, id := range d.names.logs {
		if _, err := w.Write(id[:]); err != nil {
			return err
		}
	}
	for _, id := range d.names.institutions {
		if _, err := w.Write(id[:]); err != nil {
			return err
		}
	}
	var b []byte
	for _, r := range d.rows {
		b = r.append(b[:0])
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
