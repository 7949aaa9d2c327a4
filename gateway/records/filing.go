package records

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"carekey/fhir"
)

// File is [Records.File]: one transaction (http://hl7.org/fhir/R4/http.html#transaction)
// of updates under chosen ids. Its answer is checked entry by entry.
func (s *Server) File(ctx context.Context, _ string, bundle fhir.Bundle) error {
	ctx, cancel := context.WithTimeout(ctx, filingTimeout)
	defer cancel()
	r, w := io.Pipe()
	go func() { w.CloseWithError(writeTransaction(w, bundle)) }()
	defer r.Close()
	b, err := s.do(ctx, http.MethodPost, s.base, r, maxPageBytes)
	if err != nil {
		return rejected(err)
	}
	return checkTransaction(b, len(bundle.Entries))
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

// writeTransaction writes a transaction that updates or makes each resource.
func writeTransaction(w io.Writer, bundle fhir.Bundle) error {
	out := bufio.NewWriterSize(w, 64<<10)
	out.WriteString(`{"resourceType":"Bundle","type":"transaction","entry":[`)
	for i, r := range bundle.Entries {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteByte('{')
		if r.FullURL != "" {
			name, err := json.Marshal(r.FullURL)
			if err != nil {
				return err
			}
			out.WriteString(`"fullUrl":`)
			out.Write(name)
			out.WriteByte(',')
		}
		out.WriteString(`"resource":`)
		out.Write(r.Raw)
		fmt.Fprintf(out, `,"request":{"method":"PUT","url":"%s/%s"}}`, r.Type, r.ID)
	}
	out.WriteString(`]}`)
	return out.Flush() // it keeps the first error of all the writes
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
		if code, _, _ := strings.Cut(e.Response.Status, " "); code != "200" && code != "201" {
			return &Rejected{Text: fmt.Sprintf("entry %d of %d (%s)", i+1, want, outcomeText(e.Response.Outcome))}
		}
	}
	return nil
}
