package records

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"carekey/fhir"
)

// ServerOptions say how a FHIR server is reached.
type ServerOptions struct {
	URL       string // base, such as https://fhir.example.org/R4
	TokenFile string // holds a bearer token, for its owner alone; read for each request, so that it may change
	System    string // of the record numbers among a patient's identifiers; empty: any
	Page      int    // resources asked for in one page; 0: 200
	Limit     int64  // bytes of one record; 0: 256 MiB
}

// Limits of one conversation with a FHIR server.
const (
	maxAnswerBytes   = 64 << 20
	maxPages         = 20_000
	maxFollowed      = 20_000 // resources read because others refer to them
	maxFollowDepth   = 4
	maxTokenBytes    = 16 << 10
	maxOutcomeBytes  = 1 << 20
	requestTimeout   = 60 * time.Second
	readingTimeout   = 20 * time.Minute // of a whole record
	filingTimeout    = 10 * time.Minute
	parallelSearches = 4
)

// Server is an institution's own FHIR R4 server, over REST
// (http://hl7.org/fhir/R4/http.html).
type Server struct {
	base    *url.URL
	options ServerOptions
	http    *http.Client
	answer  int64         // most bytes of one answer
	reading time.Duration // most time for a whole record
}

var _ Records = (*Server)(nil)

// NewServer checks the options; it does not connect.
func NewServer(o ServerOptions) (*Server, error) {
	base, err := url.Parse(strings.TrimRight(o.URL, "/"))
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" || base.User != nil || base.RawQuery != "" {
		return nil, errors.New("the FHIR server's address is not a plain http or https URL")
	}
	if base.Scheme == "http" && !loopback(base.Hostname()) {
		return nil, errors.New("records and a bearer token go over https only, or to this machine: give the FHIR server's https address")
	}
	if o.TokenFile != "" {
		if _, err := readToken(o.TokenFile); err != nil {
			return nil, err // now, and not when the first record is asked for
		}
	}
	if o.Page <= 0 {
		o.Page = 200
	}
	if o.Limit <= 0 {
		o.Limit = fhir.DefaultLimits().Bytes
	}
	return &Server{base: base, options: o, answer: maxAnswerBytes, reading: readingTimeout, http: &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: parallelSearches,
			TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: time.Minute,
		},
	}}, nil
}

func loopback(host string) bool { return host == "localhost" || host == "127.0.0.1" || host == "::1" }

// url is an address below the base.
func (s *Server) url(path string, query url.Values) *url.URL {
	u := s.base.JoinPath(path)
	u.RawQuery = query.Encode()
	return u
}

// status is an answer that is not a success.
type status struct {
	code int
	text string
}

func (s *status) Error() string {
	return fmt.Sprintf("%s (HTTP %d, %s)", s.meaning(), s.code, s.text)
}

// meaning says it to who does not know the numbers.
func (s *status) meaning() string {
	switch {
	case s.code == http.StatusUnauthorized:
		return "it does not take the token"
	case s.code == http.StatusForbidden:
		return "it does not allow this to the token"
	case missing(s):
		return "it has nothing at this address"
	case s.code == http.StatusTooManyRequests:
		return "it is asked too much at the moment"
	case s.code/100 == 3:
		return "it sends on to another address"
	case s.code/100 == 4:
		return "it refuses the question"
	}
	return "it failed"
}

// missing tells whether the server says that there is no such thing, or that
// it does not keep such things.
func missing(err error) bool {
	var s *status
	return errors.As(err, &s) && (s.code == http.StatusNotFound || s.code == http.StatusGone ||
		s.code == http.StatusMethodNotAllowed || s.code == http.StatusNotImplemented)
}

// refusesSearch tells whether the server answers a search with a no that asking
// again does not change: a token may not cover a type, or the server does not
// search it by patient. An expired token (401) is another matter.
func refusesSearch(err error) bool {
	var s *status
	return errors.As(err, &s) && (s.code == http.StatusForbidden || s.code == http.StatusBadRequest)
}

// withheld tells whether the server keeps one resource to itself, or has it at
// another place, where nobody goes from here.
func withheld(err error) bool {
	var s *status
	return errors.As(err, &s) && (s.code == http.StatusForbidden || s.code/100 == 3)
}

// get reads a resource or a page.
func (s *Server) get(ctx context.Context, u *url.URL) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	return s.do(ctx, http.MethodGet, u, nil)
}

// body is what a request carries. It is written as it is sent, again if need be.
type body struct {
	content io.WriterTo
	size    int64
}

// open returns a reader of the body; closing it ends the writing.
func (b *body) open() (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		_, err := b.content.WriteTo(w)
		w.CloseWithError(err) // nil is the end
	}()
	return r, nil
}

// errLargeAnswer means that one answer is too large; a smaller page may not be.
var errLargeAnswer = fmt.Errorf("%w: one answer of the record system", ErrTooMuch)

func (s *Server) do(ctx context.Context, method string, u *url.URL, carried *body) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, u.String(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := s.header(request); err != nil {
		return nil, err
	}
	if carried != nil {
		request.Header.Set("Content-Type", "application/fhir+json")
		request.ContentLength, request.GetBody = carried.size, carried.open
		request.Body, _ = carried.open() // has no error; sending closes it
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, reasonOnly(err))
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return nil, refusal(response)
	}
	b, err := io.ReadAll(io.LimitReader(response.Body, s.answer+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if int64(len(b)) > s.answer {
		return nil, errLargeAnswer
	}
	return b, nil
}

// reasonOnly drops the address from an error: it holds record numbers.
func reasonOnly(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

func (s *Server) header(r *http.Request) error {
	r.Header.Set("Accept", "application/fhir+json")
	if s.options.TokenFile == "" {
		return nil
	}
	token, err := readToken(s.options.TokenFile)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	return nil
}

func readToken(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read the FHIR server's token: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read the FHIR server's token: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("others may read the FHIR server's token: run chmod 600 %s", path)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxTokenBytes))
	if err != nil {
		return "", fmt.Errorf("read the FHIR server's token: %w", err)
	}
	token := strings.TrimSpace(string(b))
	if token == "" || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("the file %s holds no bearer token", path)
	}
	return token, nil
}

// refusal reads what the server says against a request.
func refusal(response *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(response.Body, maxOutcomeBytes))
	if err != nil {
		b = nil // the code says enough
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, &status{response.StatusCode, outcomeText(b)})
}

// outcome is what is read of an OperationOutcome
// (http://hl7.org/fhir/R4/operationoutcome.html).
type outcome struct {
	ResourceType string `json:"resourceType"`
	Issue        []struct {
		Severity    string `json:"severity"`
		Code        string `json:"code"`
		Diagnostics string `json:"diagnostics"`
		Details     struct {
			Text string `json:"text"`
		} `json:"details"`
	} `json:"issue"`
}

// outcomeText is the codes of an outcome. Its free texts may quote a patient's
// record, and the result goes to logs, so they stay out.
func outcomeText(b []byte) string {
	var o outcome
	if json.Unmarshal(b, &o) != nil || len(o.Issue) == 0 {
		return "no reason given"
	}
	var codes []string
	for _, i := range o.Issue {
		if i.Severity != "information" && len(codes) < 5 && isCode(i.Code) {
			codes = append(codes, i.Code)
		}
	}
	if len(codes) == 0 {
		return "no reason given"
	}
	return strings.Join(codes, ", ")
}

// isCode tells whether s is one of the short words of FHIR's code lists.
func isCode(s string) bool {
	return s != "" && len(s) <= 40 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-'
	})
}

// parseOne reads a single resource.
func parseOne(b []byte) (fhir.Resource, error) {
	found, _, err := fhir.ReadBundle(bytes.NewReader(b), fhir.Limits{})
	if err != nil || len(found.Entries) != 1 {
		return fhir.Resource{}, fmt.Errorf("%w: it sent something that is not one resource", ErrUnavailable)
	}
	return found.Entries[0], nil
}
