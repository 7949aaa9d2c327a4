package fhir

import (
	"bufio"
	"io"
)

// Write writes b as a FHIR collection. Resources stand in their order and byte
// for byte as they came, so equal bundles give equal bytes.
func Write(w io.Writer, b Bundle) error { return b.Outline().Write(w) }

// Write is [Write].
func (o Outline) Write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(`{"resourceType":"Bundle","type":"collection"`)
	err := o.each(func(i int32, r Resource) error {
		separate(out, int(i))
		out.WriteByte('{')
		if r.FullURL != "" {
			out.WriteString(`"fullUrl":`)
			writeString(out, r.FullURL)
			out.WriteByte(',')
		}
		out.WriteString(`"resource":`)
		out.Write(r.Raw)
		return out.WriteByte('}')
	})
	if err != nil {
		return err
	}
	finish(out, len(o.bundle.Entries))
	return out.Flush()
}

// separate begins the list of entries, or the next one. An empty list is left
// out: FHIR has no empty arrays.
func separate(out *bufio.Writer, i int) {
	if i == 0 {
		out.WriteString(",\"entry\":[\n")
		return
	}
	out.WriteString(",\n")
}

func finish(out *bufio.Writer, entries int) {
	if entries > 0 {
		out.WriteString("\n]")
	}
	out.WriteString("}\n")
}

// writeString writes s as JSON.
func writeString(out *bufio.Writer, s string) {
	for i := range len(s) {
		if s[i] >= 0x80 || !plain[s[i]] {
			out.Write(encode(s))
			return
		}
	}
	out.WriteByte('"')
	out.WriteString(s)
	out.WriteByte('"')
}
