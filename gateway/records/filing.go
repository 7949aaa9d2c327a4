package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// A server may take no transaction as large as a record. Then it gets parts.
const (
	partEntries = 40
	partBytes   = 4 << 20
)

// File is [Records.File]: one transaction (http://hl7.org/fhir/R4/http.html#transaction),
// its answer checked entry by entry. A server that refuses the whole gets it in
// parts; if it refuses one of them, what it took before is deleted again. The
// ids are this transfer's own, so nothing else can be hit.
func (s *Server) File(ctx context.Context, _ string, transaction []byte) error {
	want, err := countEntries(transaction)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, filingTimeout)
	defer cancel()
	err = s.post(ctx, transaction, want)
	var no *Rejected
	if !errors.As(err, &no) || want <= partEntries {
		return err
	}
	return s.fileParts(ctx, transaction)
}

func (s *Server) post(ctx context.Context, transaction []byte, want int) error {
	b, err := s.do(ctx, http.MethodPost, s.base, bytes.NewReader(transaction), maxPageBytes)
	if err != nil {
		return rejected(err)
	}
	return checkTransaction(b, want)
}

// fileParts files a transaction part by part.
func (s *Server) fileParts(ctx context.Context, transaction []byte) error {
	entries, err := newEntryReader(transaction)
	if err != nil {
		return err
	}
	var taken []row
	for {
		part, err := nextPart(entries)
		if err != nil {
			return err
		}
		if len(part) == 0 {
			return nil
		}
		err = s.post(ctx, partOf(part, http.MethodPut), len(part))
		var no *Rejected
		if errors.As(err, &no) {
			return s.takeBack(ctx, taken, no)
		}
		if err != nil {
			return err // to be tried again as a whole: twice is once
		}
		for _, r := range part {
			taken = append(taken, row{resourceType: r.resourceType, id: r.id})
		}
	}
}

// nextPart reads the next entries, none after the last.
func nextPart(entries *entryReader) ([]row, error) {
	var part []row
	for size := 0; len(part) < partEntries && size < partBytes; {
		r, err := entries.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		part, size = append(part, r), size+len(r.raw)
	}
	return part, nil
}

// partOf writes a transaction that updates or deletes resources.
func partOf(part []row, method string) []byte {
	var out bytes.Buffer
	out.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	for i, r := range part {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('{')
		if method == http.MethodPut {
			out.WriteString(`"resource":`)
			out.Write(r.raw)
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `"request":{"method":"%s","url":"%s/%s"}}`, method, r.resourceType, r.id)
	}
	out.WriteString(`]}`)
	return out.Bytes()
}

// takeBack deletes what was filed before the server refused, the last first,
// and returns the refusal.
func (s *Server) takeBack(ctx context.Context, taken []row, why *Rejected) error {
	slices.Reverse(taken)
	for part := range slices.Chunk(taken, partEntries) {
		if err := s.post(ctx, partOf(part, http.MethodDelete), len(part)); err != nil {
			return fmt.Errorf("%w: it refused a part (%s) and does not delete the others", ErrUnavailable, why.Text)
		}
	}
	return why
}

// countEntries counts what a transaction asks for.
func countEntries(transaction []byte) (int, error) {
	var t struct {
		Entry []struct{} `json:"entry"`
	}
	if err := json.Unmarshal(transaction, &t); err != nil {
		return 0, &Rejected{Text: "the transaction is not well-formed"}
	}
	return len(t.Entry), nil
}

// rejected tells a lasting refusal from a passing one.
func rejected(err error) error {
	var s *status
	if errors.As(err, &s) && s.code/100 == 4 && s.code != http.StatusRequestTimeout &&
		s.code != http.StatusTooManyRequests && s.code != http.StatusUnauthorized && s.code != http.StatusForbidden {
		return &Rejected{Text: s.text}
	}
	return err
}

// checkTransaction reads a transaction's answer: as many entries as were sent,
// each a success.
func checkTransaction(b []byte, want int) error {
	var answer struct {
		ResourceType string `json:"resourceType"`
		Type         string `json:"type"`
		Entry        []struct {
			Response struct {
				Status  string          `json:"status"`
				Outcome json.RawMessage `json:"outcome"`
			} `json:"response"`
		} `json:"entry"`
	}
	if err := json.Unmarshal(b, &answer); err != nil || answer.ResourceType != "Bundle" {
		return fmt.Errorf("%w: it answered a transaction with something else", ErrUnavailable)
	}
	if len(answer.Entry) != want {
		return fmt.Errorf("%w: it answered %d of %d entries of a transaction", ErrUnavailable, len(answer.Entry), want)
	}
	for i, e := range answer.Entry {
		if code, _, _ := strings.Cut(e.Response.Status, " "); code != "200" && code != "201" && code != "204" {
			return &Rejected{Text: fmt.Sprintf("entry %d of %d (%s)", i+1, want, outcomeText(e.Response.Outcome))}
		}
	}
	return nil
}

// entryReader takes a transaction of updates apart.
type entryReader struct{ dec *json.Decoder }

// newEntryReader passes to the first entry.
func newEntryReader(transaction []byte) (*entryReader, error) {
	dec := json.NewDecoder(bytes.NewReader(transaction))
	for {
		t, err := dec.Token()
		if err != nil {
			return nil, &Rejected{Text: "the transaction has no entries"}
		}
		if t != "entry" {
			continue
		}
		if t, err = dec.Token(); err != nil || t != json.Delim('[') {
			return nil, &Rejected{Text: "the transaction has no entries"}
		}
		return &entryReader{dec: dec}, nil
	}
}

// next returns the next entry's resource under the name it asks for, and
// [io.EOF] after the last.
func (r *entryReader) next() (row, error) {
	if !r.dec.More() {
		if _, err := r.dec.Token(); err != nil {
			return row{}, &Rejected{Text: "the transaction is cut off"}
		}
		return row{}, io.EOF
	}
	var entry struct {
		Resource json.RawMessage `json:"resource"`
		Request  struct {
			Method string `json:"method"`
			URL    string `json:"url"`
		} `json:"request"`
	}
	if err := r.dec.Decode(&entry); err != nil {
		return row{}, &Rejected{Text: "the transaction is not well-formed"}
	}
	resourceType, id, ok := strings.Cut(entry.Request.URL, "/")
	if !ok || entry.Request.Method != http.MethodPut || len(entry.Resource) == 0 {
		return row{}, &Rejected{Text: "the transaction asks for something other than an update"}
	}
	return row{resourceType: resourceType, id: id, raw: entry.Resource}, nil
}
