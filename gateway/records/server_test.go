package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

const lee = `{"resourceType":"Patient","id":"p1","identifier":[{"value":"MRN-1"}]}`

// liar is a FHIR server whose Observation search is the test's; everything
// else is empty.
func liar(t *testing.T, observations http.HandlerFunc) *Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/fhir/", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"resourceType":"Bundle","type":"searchset"}`)
	})
	mux.HandleFunc("/fhir/Patient", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, `{"resourceType":"Bundle","type":"searchset","entry":[{"resource":`+lee+`}]}`)
	})
	mux.HandleFunc("/fhir/Observation", observations)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return newServer(t, ServerOptions{URL: server.URL + "/fhir", Limit: 1 << 20})
}

func searchset(next string, resources ...string) string {
	link := ""
	if next != "" {
		link = fmt.Sprintf(`"link":[{"relation":"next","url":%q}],`, next)
	}
	entries := ""
	for i, r := range resources {
		if i > 0 {
			entries += ","
		}
		entries += `{"resource":` + r + `}`
	}
	return `{"resourceType":"Bundle","type":"searchset","total":0,` + link + `"entry":[` + entries + `]}`
}

func observation(id int) string {
	return fmt.Sprintf(`{"resourceType":"Observation","id":"o%d","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p1"}}`, id)
}

func TestPagingGoesOnWithoutTotal(t *testing.T) {
	s := liar(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			io.WriteString(w, searchset("", observation(2), `{"resourceType":"OperationOutcome","id":"hint","issue":[]}`))
			return
		}
		io.WriteString(w, searchset("/fhir/Observation?page=2", observation(1)))
	})
	got, _, err := s.Read(t.Context(), "MRN-1")
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 3 {
		t.Errorf("got %v", names(got))
	}
}

func TestReadRefuses(t *testing.T) {
	huge := observation(1)[:20] + strings.Repeat(" ", 2<<20) + observation(1)[20:]
	answers := map[string]struct {
		answer string
		want   error
	}{
		"pages in a circle":       {searchset("/fhir/Observation?patient=Patient%2Fp1&_count=200"), ErrUnavailable},
		"a page at another host":  {searchset("http://example.org/fhir/Observation?page=2"), ErrUnavailable},
		"a page above the base":   {searchset("/other/Observation?page=2"), ErrUnavailable},
		"a page with a password":  {searchset("http://u:p@127.0.0.1/fhir/Observation"), ErrUnavailable},
		"something else":          {`{"resourceType":"Observation","id":"x"}`, ErrUnavailable},
		"half a page":             {searchset("", observation(1))[:150], ErrUnavailable},
		"more than the limit":     {searchset("", huge), ErrTooMuch},
		"a web page":              {`<html>sign in</html>`, ErrUnavailable},
		"nothing":                 {``, ErrUnavailable},
		"an outcome, not a page":  {`{"resourceType":"OperationOutcome","issue":[]}`, ErrUnavailable},
		"pages without an end":    {"", ErrTooMuch}, // made below
		"a history, not a search": {`{"resourceType":"Bundle","type":"history"}`, ErrUnavailable},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			n := 0
			s := liar(t, func(w http.ResponseWriter, r *http.Request) {
				if name == "pages without an end" {
					n++
					io.WriteString(w, searchset(fmt.Sprintf("/fhir/Observation?page=%d", n), observation(n), strings.Repeat(" ", 100_000)+observation(-n)))
					return
				}
				io.WriteString(w, tt.answer)
			})
			if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestServerErrorIsNotAnEmptyRecord(t *testing.T) {
	for _, code := range []int{401, 403, 429, 500, 503, 302} {
		s := liar(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://example.org/")
			w.WriteHeader(code)
		})
		if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("HTTP %d: got %v", code, err)
		}
	}
	s := liar(t, http.NotFound)
	if _, _, err := s.Read(t.Context(), "MRN-1"); err != nil {
		t.Errorf("a type the server does not keep: %v", err)
	}
}

func TestPatientMustHaveTheNumber(t *testing.T) {
	s := liar(t, http.NotFound) // its search returns MRN-1 whatever is asked
	if _, err := s.Patient(t.Context(), "MRN-2"); !errors.Is(err, ErrNoRecord) {
		t.Errorf("got %v", err)
	}
}

func TestErrorsHoldNoRecordNumber(t *testing.T) {
	s := newServer(t, ServerOptions{URL: "http://127.0.0.1:1/fhir"})
	_, err := s.Patient(t.Context(), "MRN-SECRET")
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), "SECRET") {
		t.Errorf("got %v", err)
	}
	s = liar(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		io.WriteString(w, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"invalid","diagnostics":"Anna SECRET has HIV"}]}`)
	})
	_, _, err = s.Read(t.Context(), "MRN-1")
	if err == nil || strings.Contains(err.Error(), "SECRET") || !strings.Contains(err.Error(), "invalid") {
		t.Errorf("got %v", err)
	}
}

func TestFileChecksEachEntry(t *testing.T) {
	answers := map[string]struct {
		code   int
		answer string
		final  bool
		ok     bool
	}{
		"all good":        {200, `{"resourceType":"Bundle","entry":[{"response":{"status":"201 Created"}},{"response":{"status":"200"}}]}`, false, true},
		"one refused":     {200, `{"resourceType":"Bundle","entry":[{"response":{"status":"201"}},{"response":{"status":"422 Unprocessable"}}]}`, true, false},
		"one missing":     {200, `{"resourceType":"Bundle","entry":[{"response":{"status":"201"}}]}`, false, false},
		"no status":       {200, `{"resourceType":"Bundle","entry":[{},{}]}`, true, false},
		"no bundle":       {200, `{"resourceType":"OperationOutcome"}`, false, false},
		"invalid":         {422, `{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"structure"}]}`, true, false},
		"busy":            {503, ``, false, false},
		"token ran out":   {401, ``, false, false},
		"too many":        {429, ``, false, false},
		"see other place": {307, ``, false, false},
	}
	for name, tt := range answers {
		t.Run(name, func(t *testing.T) {
			var got struct {
				Type  string
				Entry []struct {
					Resource json.RawMessage
					Request  struct{ Method, URL string }
				}
			}
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				w.WriteHeader(tt.code)
				io.WriteString(w, tt.answer)
			}))
			defer server.Close()
			s := newServer(t, ServerOptions{URL: server.URL})
			err := s.File(t.Context(), "", transaction(bundle(t, lee, observation(1))))
			var final *Rejected
			if (err == nil) != tt.ok || errors.As(err, &final) != tt.final {
				t.Errorf("got %v", err)
			}
			if got.Type != "transaction" || len(got.Entry) != 2 || got.Entry[0].Request.URL != "Patient/p1" || got.Entry[0].Request.Method != "PUT" || string(got.Entry[0].Resource) != lee {
				t.Errorf("sent %+v", got)
			}
		})
	}
}

func TestNewServerRefuses(t *testing.T) {
	for _, o := range []ServerOptions{
		{URL: ""}, {URL: "ftp://h/x"}, {URL: "http://u:p@h/x"}, {URL: "http://h/x?y=1"}, {URL: "/x"},
		{URL: "http://far.example/x", TokenFile: "token"},
	} {
		if _, err := NewServer(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

func TestTokenIsReadEachTime(t *testing.T) {
	var seen []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		io.WriteString(w, searchset("", lee))
	}))
	defer server.Close()
	path := tokenFile(t, "one")
	s := newServer(t, ServerOptions{URL: server.URL, TokenFile: path})
	if _, err := s.Patient(t.Context(), "MRN-1"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(" two \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Patient(t.Context(), "MRN-1"); err != nil {
		t.Fatal(err)
	}
	if strings.Join(seen, " ") != "Bearer one Bearer two" {
		t.Errorf("sent %q", seen)
	}
	if err := os.WriteFile(path, []byte("a\r\nX-Evil: 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Patient(t.Context(), "MRN-1"); err == nil {
		t.Error("a token with a line break was sent")
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(searchset("/fhir/Observation?page=2", observation(1))))
	f.Add([]byte(searchset("http://example.org/x")))
	f.Add([]byte(`{"resourceType":"Bundle","type":"searchset","link":[{"relation":"next","url":"::"}]}`))
	s, err := NewServer(ServerOptions{URL: "http://127.0.0.1:9/fhir"})
	if err != nil {
		f.Fatal(err)
	}
	at := s.url("Observation", nil)
	f.Fuzz(func(t *testing.T, b []byte) {
		next, err := s.nextPage(b, at)
		if err == nil && next != nil && !strings.HasPrefix(next.String(), "http://127.0.0.1:9/fhir") {
			t.Errorf("went to %s", next)
		}
		if found, _, err := readPage(b, "Observation"); err == nil {
			for _, r := range found.Entries {
				if r.Type != "Observation" {
					t.Errorf("kept a %s", r.Type)
				}
			}
		}
	})
}

func FuzzTransactionAnswer(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"response":{"status":"201 Created"}}]}`), 1)
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"response":{"status":"400","outcome":{"issue":[{"code":"x"}]}}}]}`), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if checkTransaction(b, n) == nil && strings.Count(string(b), "20") < n {
			t.Errorf("%d entries were taken for good", n)
		}
	})
}

// TestPartsAreTakenBack: a server that takes only small transactions, and not
// all of them, keeps nothing.
func TestPartsAreTakenBack(t *testing.T) {
	held := map[string]bool{}
	poison := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got struct {
			Entry []struct{ Request struct{ Method, URL string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
			t.Error(err)
		}
		refused := len(got.Entry) > 50
		for _, e := range got.Entry {
			refused = refused || e.Request.URL == poison && e.Request.Method == "PUT"
		}
		if refused {
			w.WriteHeader(422)
			return
		}
		var answers []string
		for _, e := range got.Entry {
			held[e.Request.URL] = e.Request.Method == "PUT"
			answers = append(answers, `{"response":{"status":"200"}}`)
		}
		io.WriteString(w, `{"resourceType":"Bundle","entry":[`+strings.Join(answers, ",")+`]}`)
	}))
	defer server.Close()
	s := newServer(t, ServerOptions{URL: server.URL})
	file := func() (kept int, err error) {
		clear(held)
		err = s.File(t.Context(), "", transaction(sample(t, 120)))
		for _, is := range held {
			if is {
				kept++
			}
		}
		return kept, err
	}
	if kept, err := file(); err != nil || kept != 126 {
		t.Errorf("%d kept, %v", kept, err)
	}
	poison = "Observation/ob100"
	kept, err := file()
	var final *Rejected
	if !errors.As(err, &final) || kept != 0 {
		t.Errorf("%d kept, %v", kept, err)
	}
}

func FuzzOneResource(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Patient","id":"1"}`))
	f.Add([]byte(searchset("/x", observation(1))))
	f.Add([]byte(`{"resourceType":"Bundle","type":"collection"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := parseOne(b); err == nil && r.Type == "" {
			t.Error("a resource without a type was taken")
		}
	})
}
