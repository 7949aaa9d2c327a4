package vault

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"

	"carekey/consent"
)

// Row is one line of the history: what a list shows without reading a record.
type Row struct {
	Log         consent.LogID
	Number      uint64 // in its log; below 2³²
	Time        consent.Time
	Class       consent.Class
	Basis       uint8  // meaning is the caller's
	Flags       uint16 // meaning is the caller's
	Institution consent.InstitutionID
}

// maxNumber is the highest number an entry can have here.
const maxNumber = math.MaxUint32

// rowSize is the length of a row in a segment's index in bytes.
const rowSize = 26

// row is a Row in memory: logs and institutions are indices into tables.
type row struct {
	time        int64
	log         uint32
	number      uint32
	offset      uint32 // of the record in its segment
	institution uint16
	segment     uint16 // index into the state's segments; not on disk
	flags       uint16
	class       uint8
	basis       uint8
}

// compare is the order of the history: by time, then by log and number.
func (r row) compare(o row) int {
	if c := cmp.Compare(r.time, o.time); c != 0 {
		return c
	}
	if c := cmp.Compare(r.log, o.log); c != 0 {
		return c
	}
	return cmp.Compare(r.number, o.number)
}

// append writes the row as it stands in an index.
func (r row) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, uint64(r.time))
	b = binary.BigEndian.AppendUint32(b, r.log)
	b = binary.BigEndian.AppendUint32(b, r.number)
	b = binary.BigEndian.AppendUint32(b, r.offset)
	b = binary.BigEndian.AppendUint16(b, r.institution)
	b = binary.BigEndian.AppendUint16(b, r.flags)
	return append(b, r.class, r.basis)
}

// decodeRow reads rowSize bytes.
func decodeRow(b []byte) row {
	return row{
		time:        int64(binary.BigEndian.Uint64(b)),
		log:         binary.BigEndian.Uint32(b[8:]),
		number:      binary.BigEndian.Uint32(b[12:]),
		offset:      binary.BigEndian.Uint32(b[16:]),
		institution: binary.BigEndian.Uint16(b[20:]),
		flags:       binary.BigEndian.Uint16(b[22:]),
		class:       b[24],
		basis:       b[25],
	}
}

// tables are the logs and institutions that rows refer to. They only grow, so a
// shorter copy stays valid.
type tables struct {
	logs         []consent.LogID
	institutions []consent.InstitutionID
}

// show turns a row into what callers see.
func (t tables) show(r row) Row {
	return Row{
		Log: t.logs[r.log], Number: uint64(r.number), Time: consent.Time(r.time),
		Class: consent.Class(r.class), Basis: r.basis, Flags: r.flags,
		Institution: t.institutions[r.institution],
	}
}

// interner finds or gives the index of logs and institutions.
type interner struct {
	tables
	logAt  map[consent.LogID]uint32
	instAt map[consent.InstitutionID]uint16
}

func newInterner() *interner {
	return &interner{logAt: make(map[consent.LogID]uint32), instAt: make(map[consent.InstitutionID]uint16)}
}

var errTooManyNames = errors.New("more logs or institutions than a vault can name")

// log gives the index of a log.
func (n *interner) log(id consent.LogID) (uint32, error) {
	if i, ok := n.logAt[id]; ok {
		return i, nil
	}
	if uint64(len(n.logs)) > math.MaxUint32 {
		return 0, errTooManyNames
	}
	i := uint32(len(n.logs))
	n.logs, n.logAt[id] = append(n.logs, id), i
	return i, nil
}

// institution gives the index of an institution.
func (n *interner) institution(id consent.InstitutionID) (uint16, error) {
	if i, ok := n.instAt[id]; ok {
		return i, nil
	}
	if len(n.institutions) > math.MaxUint16 {
		return 0, errTooManyNames
	}
	i := uint16(len(n.institutions))
	n.institutions, n.instAt[id] = append(n.institutions, id), i
	return i, nil
}

// forget takes back the names given after a failed commit.
func (n *interner) forget(logs, institutions int) {
	for _, id := range n.logs[logs:] {
		delete(n.logAt, id)
	}
	for _, id := range n.institutions[institutions:] {
		delete(n.instAt, id)
	}
	n.logs, n.institutions = n.logs[:logs], n.institutions[:institutions]
}

// row turns what callers give into a row without a place.
func (n *interner) row(r Row) (row, error) {
	if r.Number > maxNumber {
		return row{}, ErrTooLarge
	}
	log, err := n.log(r.Log)
	if err != nil {
		return row{}, err
	}
	institution, err := n.institution(r.Institution)
	if err != nil {
		return row{}, err
	}
	return row{
		time: int64(r.Time), log: log, number: uint32(r.Number), institution: institution,
		flags: r.Flags, class: uint8(r.Class), basis: r.Basis,
	}, nil
}
