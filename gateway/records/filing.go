package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strings"

	"carekey/fhir"
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
func (s *Server) File(ctx context.Context, _ string, t fhir.Transaction) error {
	ctx, cancel := context.WithTimeout(ctx, filingTimeout)
	defer cancel()
	err := s.post(ctx, t, t.Len)
	var no *Rejected
	if !errors.As(err, &no) || t.Len <= partEntries {
		return err
	}
	return s.fileParts(ctx, t)
}

// post sends a transaction of so many entries. Not every server takes a body
// whose length it is not told, so it is written twice: to be measured, and to
// be sent.
func (s *Server) post(ctx context.Context, t io.WriterTo, entries int) error {
	size, err := t.WriteTo(io.Discard)
	if err != nil {
		return err
	}
	b, err := s.do(ctx, http.MethodPost, s.base, &body{content: t, size: size})
	if err != nil {
		return rejected(err)
	}
	return checkTransaction(b, entries)
}

// fileParts files a transaction part by part.
func (s *Server) fileParts(ctx context.Context, t fhir.Transaction) error {
	var taken []fhir.Update // their names alone
	for part, err := range parts(t.All) {
		if err == nil {
			err = s.post(ctx, fhir.Transaction{Len: len(part), All: whole(part)}, len(part))
		}
		var no *Rejected
		if errors.As(err, &no) {
			return s.takeBack(ctx, taken, no)
		}
		if err != nil {
			return err // to be tried again as a whole: twice is once
		}
		for _, u := range part {
			taken = append(taken, fhir.Update{Type: u.Type, ID: u.ID})
		}
	}
	return nil
}

// parts cuts updates into parts that every server takes.
func parts(all iter.Seq2[fhir.Update, error]) iter.Seq2[[]fhir.Update, error] {
	return func(yield func([]fhir.Update, error) bool) {
		var part []fhir.Update
		size := 0
		for u, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			u.Raw = bytes.Clone(u.Raw)
			part, size = append(part, u), size+len(u.Raw)
			if len(part) < partEntries && size < partBytes {
				continue
			}
			if !yield(part, nil) {
				return
			}
			part, size = nil, 0
		}
		if len(part) > 0 {
			yield(part, nil)
		}
	}
}

// whole is updates that are all there.
func whole(part []fhir.Update) iter.Seq2[fhir.Update, error] {
	return func(yield func(fhir.Update, error) bool) {
		for _, u := range part {
			if !yield(u, nil) {
				return
			}
		}
	}
}

// takeBack deletes what was filed before the server refused, the last first,
// and returns the refusal.
func (s *Server) takeBack(ctx context.Context, taken []fhir.Update, why *Rejected) error {
	slices.Reverse(taken)
	for part := range slices.Chunk(taken, partEntries) {
		if err := s.post(ctx, deletion(part), len(part)); err != nil {
			return fmt.Errorf("%w: it refused a part (%s) and does not delete the others", ErrUnavailable, why.Text)
		}
	}
	return why
}

// deletion is a transaction that deletes resources.
type deletion []fhir.Update

// WriteTo is [io.WriterTo].
func (d deletion) WriteTo(w io.Writer) (int64, error) {
	var out bytes.Buffer
	out.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	for i, u := range d {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"request":{"method":"DELETE","url":"%s/%s"}}`, u.Type, u.ID)
	}
	out.WriteString(`]}`)
	return out.WriteTo(w)
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
