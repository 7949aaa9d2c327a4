package fhir

import (
	"bytes"
	"errors"
	"io"
	"strconv"
)

// Limits bounds what is read. A zero field means its default.
type Limits struct {
	Bytes    int64 // of the whole input; 256 MiB
	Resource int   // bytes of one resource; 128 MiB
	Depth    int   // objects and arrays open at once in one resource; 64
	Entries  int   // resources; 1,000,000
}

// DefaultLimits returns the limits for zero fields.
func DefaultLimits() Limits {
	return Limits{Bytes: 256 << 20, Resource: 128 << 20, Depth: 64, Entries: 1_000_000}
}

func (l Limits) filled() Limits {
	d := DefaultLimits()
	if l.Bytes <= 0 {
		l.Bytes = d.Bytes
	}
	if l.Resource <= 0 || l.Resource > 1<<31 {
		l.Resource = d.Resource
	}
	if l.Depth <= 0 {
		l.Depth = d.Depth
	}
	if l.Entries <= 0 || l.Entries > 1<<30 {
		l.Entries = d.Entries
	}
	return l
}

// ReadBundle reads resources from a Bundle (collection, searchset, transaction,
// batch, document), from a single resource, or from lines of resources (NDJSON).
// Whatever is wrong with one of them is an omission; the error is [ErrTooLarge],
// [ErrTruncated], [ErrNotRecords] or the reader's own, and then nothing is
// returned. The input is read piece by piece: in memory are the resources and
// one window.
func ReadBundle(r io.Reader, limits Limits) (Bundle, []Omission, error) {
	rd := newReader(r, limits)
	if err := rd.read(); err != nil {
		return Bundle{}, nil, err
	}
	rd.bundle.indexCodes()
	return rd.bundle, rd.omitted, nil
}

func newReader(r io.Reader, limits Limits) *reader {
	limits = limits.filled()
	return &reader{
		window:  newWindow(r, limits.Bytes, limits.Resource),
		limits:  limits,
		bundle:  newBundle(0),
		scratch: make([]ref, 0, usualRefs),
	}
}

// reader collects what it reads.
type reader struct {
	*window
	limits  Limits
	bundle  Bundle
	omitted []Omission
	count   int   // entries met, good or bad
	scratch []ref // see readResource
	memory  memory
	outline *outlining // nil when the texts are kept
	batches *batches   // nil before the first
}

// usualRefs is how many references most resources have at most.
const usualRefs = 64

var byteOrderMark = []byte("\xef\xbb\xbf")

func (rd *reader) read() error {
	if err := rd.fill(); err != nil {
		return err
	}
	if bytes.HasPrefix(rd.buf, byteOrderMark) {
		rd.pos = len(byteOrderMark)
	}
	c, err := rd.peek()
	if errors.Is(err, io.EOF) || err == nil && c != '{' {
		return ErrNotRecords
	}
	if err != nil {
		return err
	}
	rd.release()
	if startsLines(rd.buf[rd.pos:]) {
		return rd.lines()
	}
	if err := rd.document(); err != nil {
		return err
	}
	return rd.lines() // whatever follows a whole document
}

// startsLines tells whether b begins like lines of resources even though the
// first line may be broken: the second begins with a brace, and the first does
// not end like the start of an array or a list of members.
func startsLines(b []byte) bool {
	n := bytes.IndexByte(b, '\n')
	if n < 0 {
		return false
	}
	first, second := bytes.TrimRight(b[:n], " \r\t"), bytes.TrimLeft(b[n:], " \r\n\t")
	return len(second) > 0 && second[0] == '{' && len(first) > 1 && !bytes.ContainsAny(first[len(first)-1:], "[,:{")
}

// lines reads one resource a line.
func (rd *reader) lines() error {
	for {
		line, err := rd.line()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		if err := rd.single("line ", line); err != nil {
			return err
		}
	}
}

// document reads one bundle or one resource. The window keeps its beginning
// until the type is known; in a bundle that names its type last, that is all of
// it.
func (rd *reader) document() error {
	rd.release()
	if err := rd.expect('{'); err != nil {
		return err
	}
	resourceType, err := rd.documentType()
	if err != nil {
		return err
	}
	if resourceType != "Bundle" {
		rd.pos = rd.keep
		raw, err := rd.value()
		if err != nil {
			return err
		}
		return rd.single("resource ", raw)
	}
	return rd.members()
}

// documentType passes members until the one that names the type, and goes back
// to the first member.
func (rd *reader) documentType() (string, error) {
	for first := true; ; first = false {
		key, err := rd.key(first)
		if err != nil {
			return "", err
		}
		if key == "" {
			return "", nil
		}
		value, err := rd.value()
		if err != nil {
			return "", err
		}
		if key == "resourceType" {
			t := string(bytes.Trim(value, `"`))
			rd.pos = rd.keep + 1
			return t, nil
		}
	}
}

// key passes to the next member of the document and returns its name, empty
// after the last.
func (rd *reader) key(first bool) (string, error) {
	c, err := rd.peek()
	if err != nil {
		return "", truncated(err)
	}
	if c == '}' {
		rd.pos++
		return "", nil
	}
	if !first {
		if err := rd.expect(','); err != nil {
			return "", err
		}
	}
	if c, err = rd.peek(); err != nil {
		return "", truncated(err)
	}
	if c != '"' {
		return "", ErrNotRecords
	}
	raw, err := rd.value()
	if err != nil {
		return "", err
	}
	name := string(raw[1 : len(raw)-1])
	if name == "" {
		return "", ErrNotRecords
	}
	return name, rd.expect(':')
}

// members reads the members of a bundle.
func (rd *reader) members() error {
	for first := true; ; first = false {
		key, err := rd.key(first)
		if err != nil || key == "" {
			return err
		}
		switch key {
		case "entry":
			err = rd.entries()
		case "type":
			err = rd.bundleType()
		default:
			err = rd.pass()
		}
		if err != nil {
			return err
		}
	}
}

func (rd *reader) pass() error {
	_, err := rd.value()
	return err
}

// bundleType refuses bundles that are no collection of records: a history holds
// old versions, a message an event, a response none.
func (rd *reader) bundleType() error {
	raw, err := rd.value()
	if err != nil {
		return err
	}
	switch string(raw) {
	case `"collection"`, `"searchset"`, `"transaction"`, `"batch"`, `"document"`:
		return nil
	}
	return ErrNotRecords
}

// entries reads the entries of a bundle.
func (rd *reader) entries() error {
	if err := rd.expect('['); err != nil {
		return err
	}
	for first := true; ; first = false {
		rd.release()
		c, err := rd.peek()
		if err != nil {
			return truncated(err)
		}
		if c == ']' {
			rd.pos++
			return rd.drain()
		}
		if !first {
			if err := rd.expect(','); err != nil {
				return err
			}
		}
		rd.release()
		raw, err := rd.value()
		if err != nil {
			return err
		}
		if err := rd.bundleEntry(raw); err != nil {
			return err
		}
	}
}

// single reads one resource that stands alone.
func (rd *reader) single(what string, raw []byte) error {
	r, err := parse(raw, rd.limits.Depth)
	if err != nil {
		return rd.refuse(what, err)
	}
	return rd.accept(r, rd.place(raw))
}

// accept adds a good resource, whose text begins at a place.
func (rd *reader) accept(r Resource, at int64) error {
	if rd.count++; rd.count > rd.limits.Entries {
		return ErrTooLarge
	}
	if !rd.bundle.add(r) {
		rd.omitted = omit(rd.omitted, Repeated, r.Ref())
		return nil
	}
	last := &rd.bundle.Entries[len(rd.bundle.Entries)-1]
	if rd.outline != nil && r.Type != "Patient" {
		rd.outline.leave(last, at)
		return nil
	}
	last.Raw = rd.own(r.Raw)
	return nil
}

// refuse notes why an entry was left out.
func (rd *reader) refuse(what string, err error) error {
	if rd.count++; rd.count > rd.limits.Entries {
		return ErrTooLarge
	}
	rd.omitted = omit(rd.omitted, reasonOf(err), what+strconv.Itoa(rd.count))
	return nil
}
