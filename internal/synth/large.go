package synth

import (
	"bytes"
	"strconv"
	"time"

	"carekey/fhir"
)

// Large returns a bundle of at least so many bytes, all about Rosa Lindqvist:
// her record again and again with other ids and other measured values.
func Large(size int) []byte {
	var all []fhir.Resource
	until := moment{time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)}
	for n, have := uint64(0), 0; have < size; n++ {
		part := record(n, "large-"+strconv.FormatUint(n, 10), until).Entries
		if n > 0 {
			part = part[1:] // the patient is the first, and is there
		}
		for _, r := range part {
			have += len(r.Raw)
		}
		all = append(all, part...)
	}
	b, _ := fhir.NewBundle(all)
	var out bytes.Buffer
	out.Grow(size + size/8)
	if err := fhir.Write(&out, b); err != nil {
		panic("synth: " + err.Error()) // a buffer takes everything
	}
	return out.Bytes()
}
