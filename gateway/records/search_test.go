package records

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"carekey/fhir"
)

func answersWith(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// TestARefusedTypeIsNamed: what a server refuses is left out by its name, and
// the rest is read.
func TestARefusedTypeIsNamed(t *testing.T) {
	for _, code := range []int{http.StatusBadRequest, http.StatusForbidden} {
		s := clinic(t, "", map[string]http.HandlerFunc{
			"Observation": answersWith(code), "Claim": answersWith(code), "Invoice": http.NotFound,
			"Condition": says(searchset("", `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"}}`)),
		})
		got, omitted, err := s.Read(t.Context(), "MRN-1")
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprint([]fhir.Omission{fhir.KeptBack("Observation"), fhir.KeptBack("Claim")}); fmt.Sprint(omitted) != want {
			t.Errorf("HTTP %d: left out %v, want %s", code, omitted, want)
		}
		if fmt.Sprint(names(got)) != "[Condition/c Patient/p1]" {
			t.Errorf("HTTP %d: read %v", code, names(got))
		}
	}
}

// TestARefusedPageIsNamed: what came before a refused page is kept; a page that
// is gone may be there when the search is made again.
func TestARefusedPageIsNamed(t *testing.T) {
	second := http.StatusForbidden
	s := liar(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			w.WriteHeader(second)
			return
		}
		io.WriteString(w, searchset("/fhir/Observation?page=2", observation(1)))
	})
	got, omitted, err := s.Read(t.Context(), "MRN-1")
	if err != nil || fmt.Sprint(names(got)) != "[Observation/o1 Patient/p1]" || len(omitted) != 1 || omitted[0].Reason != fhir.Withheld {
		t.Errorf("read %v, left out %v, %v", names(got), omitted, err)
	}
	for _, second = range []int{http.StatusNotFound, http.StatusGone, http.StatusInternalServerError} {
		if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) {
			t.Errorf("HTTP %d: %v", second, err)
		}
	}
}

// TestNothingIsNoRecord: a server that gives neither the patient nor any type
// of records was not read.
func TestNothingIsNoRecord(t *testing.T) {
	refusing := map[string]http.HandlerFunc{}
	for _, c := range compartment {
		refusing[c.resourceType] = answersWith(http.StatusForbidden)
	}
	s := clinic(t, "", refusing)
	if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "every search") {
		t.Errorf("everything refused: %v", err)
	}
	refusing["Invoice"] = http.NotFound
	if _, _, err := clinic(t, "", refusing).Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("everything refused or not kept: %v", err)
	}
	s = clinic(t, "", map[string]http.HandlerFunc{"Patient": answersWith(http.StatusForbidden)})
	if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) {
		t.Errorf("the patient refused: %v", err)
	}
}

// TestTheNextPageIsAskedForAtTheBase: a server that calls itself otherwise is
// read on under the name by which it was given, and the other never hears of
// the token.
func TestTheNextPageIsAskedForAtTheBase(t *testing.T) {
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with %q", r.Header.Get("Authorization"))
	}))
	defer stranger.Close()
	for _, link := range []string{stranger.URL + "/fhir/Observation?page=2", "https://fhir.internal:8443/fhir/Observation?page=2"} {
		asked := ""
		s := liar(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("page") == "2" {
				asked = r.Header.Get("Authorization")
				io.WriteString(w, searchset("", observation(2)))
				return
			}
			io.WriteString(w, searchset(link, observation(1)))
		})
		s.options.TokenFile = tokenFile(t, "s3cret")
		got, _, err := s.Read(t.Context(), "MRN-1")
		if err != nil || len(got.Entries) != 3 || asked != "Bearer s3cret" {
			t.Errorf("%s: read %v, asked with %q, %v", link, names(got), asked, err)
		}
	}
	s := liar(t, says(searchset(stranger.URL+"/other/Observation?page=2", observation(1))))
	if _, _, err := s.Read(t.Context(), "MRN-1"); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "lies elsewhere") {
		t.Errorf("another path: %v", err)
	}
}
