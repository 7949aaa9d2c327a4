package fhir

import (
	"bufio"
	"io"
	"iter"
)

// Transaction is a FHIR transaction of updates (R4 §3.1.0.11). Its resources are
// made one by one, anew each time they are asked for and always alike, so that a
// large one is never in memory as a whole. If it cannot be made to its end, an
// error is the last that All has, and nothing of it is to be filed.
type Transaction struct {
	Name string                   // of what is filed: twice is once
	Len  int                      // how many resources All has
	All  iter.Seq2[Update, error] // in the order in which they are filed
}

// Update is one resource of a [Transaction] and the name it is put under.
type Update struct {
	Type, ID string
	Raw      []byte // stays until the next one is asked for
}

// WriteTo is [io.WriterTo]: it writes the transaction as JSON.
func (t Transaction) WriteTo(w io.Writer) (int64, error) {
	count := &byteCount{w: w}
	out := bufio.NewWriterSize(count, 64<<10)
	out.WriteString(`{"resourceType":"Bundle","type":"transaction"`)
	written := 0
	for u, err := range t.All {
		if err != nil {
			return count.n, err
		}
		separate(out, written)
		written++
		out.WriteString(`{"resource":`)
		out.Write(u.Raw)
		out.WriteString(`,"request":{"method":"PUT","url":"` + u.Type + "/" + u.ID + `"}}`)
	}
	finish(out, written)
	err := out.Flush()
	return count.n, err
}

// byteCount counts what went through.
type byteCount struct {
	w io.Writer
	n int64
}

func (c *byteCount) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
