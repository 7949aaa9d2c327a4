package records

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
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
		"a page above the base":   {searchset("/other/Observation?page=2"), ErrUnavailable},
		"a page by a way out":     {searchset("/fhir/%2e%2e/other?page=2"), ErrUnavailable},
		"elsewhere, another path": {searchset("http://example.org/other/Observation?page=2"), ErrUnavailable},
		"another scheme":          {searchset("ftp://example.org/fhir/Observation?page=2"), ErrUnavailable},
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
			_, _, err := s.Read(t.Context(), "MRN-1")
			if !errors.Is(err, tt.want) || name == "a page by a way out" && !strings.Contains(err.Error(), "elsewhere") {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestServerErrorIsNotAnEmptyRecord(t *testing.T) {
	for code, want := range map[int]string{
		401: "it does not take the token (HTTP 401,", 422: "it refuses the question (HTTP 422,", 429: "it is asked too much at the moment (HTTP 429,",
		500: "it failed (HTTP 500,", 503: "it failed (HTTP 503,", 302: "it sends on to another address (HTTP 302,",
	} {
		s := liar(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://example.org/")
			w.WriteHeader(code)
		})
		if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), want) {
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
		w.WriteHeader(422)
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
		{URL: ""}, {URL: "ftp://h/x"}, {URL: "https://u:p@h/x"}, {URL: "https://h/x?y=1"}, {URL: "/x"},
		{URL: "http://far.example/x", TokenFile: "token"}, {URL: "http://far.example/x"},
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

// clinic is a FHIR server that has one document of the test's, if any, and more
// at the paths of the map.
func clinic(t *testing.T, document string, more map[string]http.HandlerFunc) *Server {
	t.Helper()
	mux := http.NewServeMux()
	for path, h := range more {
		mux.HandleFunc("/fhir/"+path, h)
	}
	mux.HandleFunc("/fhir/", func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/fhir/Patient":
			io.WriteString(w, searchset("", lee))
		case "/fhir/DocumentReference":
			if document != "" {
				io.WriteString(w, searchset("", document))
				return
			}
			io.WriteString(w, searchset(""))
		default:
			if strings.Count(r.URL.Path, "/") > 2 {
				http.NotFound(w, r)
				return
			}
			io.WriteString(w, searchset(""))
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return newServer(t, ServerOptions{URL: server.URL + "/fhir"})
}

func says(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, text) }
}

// letter is a document that refers to attachments and to an author, and holds
// a number that no float is.
func letter(base string) string {
	return `{"resourceType":"DocumentReference","id":"d","subject":{"reference":"Patient/p1"},"author":[{"reference":"Practitioner/a"}],` +
		`"extension":[{"url":"x","valueDecimal":1e9999}],` +
		`"content":[{"attachment":{"url":"Binary/one"}},{"attachment":{"url":"` + base + `/Binary/two"}},{"attachment":{"url":"https://elsewhere.example/Binary/three"}}]}`
}

func TestAttachmentsAreFollowed(t *testing.T) {
	var s *Server
	s = clinic(t, "", map[string]http.HandlerFunc{
		"DocumentReference": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, searchset("", letter(s.base.String())))
		},
		"Practitioner/a": says(`{"resourceType":"Practitioner","id":"a"}`),
		"Binary/one":     says(`{"resourceType":"Binary","id":"one","contentType":"text/plain","data":"eA=="}`),
		"Binary/two":     says(`{"resourceType":"Binary","id":"two","contentType":"text/plain","data":"eQ=="}`),
		"Binary/three":   func(http.ResponseWriter, *http.Request) { t.Error("another server's document was looked for here") },
	})
	got, omitted, err := s.Read(t.Context(), "MRN-1")
	if err != nil || len(omitted) > 0 {
		t.Fatal(omitted, err)
	}
	if want := "[Binary/one Binary/two DocumentReference/d Patient/p1 Practitioner/a]"; fmt.Sprint(names(got)) != want {
		t.Errorf("got %v, want %s", names(got), want)
	}
}

// TestOneBadReferenceStopsNothing: what others refer to may be missing, kept
// back, elsewhere, too large or no resource; the rest is read.
func TestOneBadReferenceStopsNothing(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirection was followed") }))
	defer elsewhere.Close()
	bad := map[string]struct {
		answer  http.HandlerFunc
		omitted bool
	}{
		"missing":        {http.NotFound, false},
		"kept back":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, false},
		"elsewhere":      {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }, false},
		"too large":      {says(`{"resourceType":"Binary","id":"one","data":"` + strings.Repeat("A", 1<<20) + `"}`), false},
		"a web page":     {says(`<html>sign in</html>`), true},
		"a document":     {says("%PDF-1.7 \x00\xff"), true},
		"something else": {says(`{"resourceType":"Binary","id":"another","data":"eA=="}`), false},
		"another type":   {says(`{"resourceType":"Observation","id":"one","status":"final"}`), false},
	}
	for name, tt := range bad {
		t.Run(name, func(t *testing.T) {
			s := clinic(t, letter(""), map[string]http.HandlerFunc{
				"Binary/one": tt.answer, "Practitioner/a": says(`{"resourceType":"Practitioner","id":"a"}`),
			})
			s.answer = 1 << 20
			s.options.TokenFile = tokenFile(t, "s3cret")
			got, omitted, err := s.Read(t.Context(), "MRN-1")
			if err != nil {
				t.Fatal(err)
			}
			if want := "[DocumentReference/d Patient/p1 Practitioner/a]"; fmt.Sprint(names(got)) != want {
				t.Errorf("got %v, want %s", names(got), want)
			}
			if (len(omitted) == 1) != tt.omitted {
				t.Errorf("left out %+v", omitted)
			}
		})
	}
}

// TestLargePagesAreAskedForInParts: a page may be larger than is taken at once
// though none of its resources is.
func TestLargePagesAreAskedForInParts(t *testing.T) {
	const resources = 40
	s := clinic(t, "", map[string]http.HandlerFunc{"Observation": func(w http.ResponseWriter, r *http.Request) {
		count, err := strconv.Atoi(r.URL.Query().Get("_count"))
		if err != nil {
			t.Error(err)
		}
		from, _ := strconv.Atoi(r.URL.Query().Get("from")) // none on the first page
		var page []string
		for i := from; i < min(from+count, resources); i++ {
			page = append(page, `{"resourceType":"Observation","id":"o`+strconv.Itoa(i)+`","status":"final","valueString":"`+strings.Repeat("x", 1000)+`","subject":{"reference":"Patient/p1"}}`)
		}
		next := ""
		if from+count < resources {
			next = fmt.Sprintf("/fhir/Observation?_count=%d&from=%d", count, from+count)
		}
		io.WriteString(w, searchset(next, page...))
	}})
	s.answer = 5000
	got, _, err := s.Read(t.Context(), "MRN-1")
	if err != nil || len(got.Entries) != resources+1 {
		t.Errorf("%d resources, %v", len(got.Entries), err)
	}
	s.answer = 900
	if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrTooMuch) {
		t.Errorf("a resource that is too large: %v", err)
	}
}

// TestReadingEnds: a server that answers, but never comes to an end, or not at
// all, is given up.
func TestReadingEnds(t *testing.T) {
	page := 0
	for name, answer := range map[string]http.HandlerFunc{
		"pages without an end": func(w http.ResponseWriter, _ *http.Request) {
			page++
			io.WriteString(w, searchset(fmt.Sprintf("/fhir/Observation?page=%d", page)))
		},
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"half an answer": func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, `{"resourceType":`)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := clinic(t, "", map[string]http.HandlerFunc{"Observation": answer})
			s.reading = 200 * time.Millisecond
			if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOpenTokenIsRefused(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") }))
	defer server.Close()
	path := tokenFile(t, "s3cret")
	o := ServerOptions{URL: server.URL, TokenFile: path}
	s := newServer(t, o)
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	_, later := s.Patient(t.Context(), "MRN-1")
	_, atOnce := NewServer(o)
	for _, err := range []error{later, atOnce} {
		if err == nil || !strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("got %v", err)
		}
	}
	o.TokenFile = filepath.Join(t.TempDir(), "nowhere")
	if _, err := NewServer(o); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a token file that is not there: %v", err)
	}
}
