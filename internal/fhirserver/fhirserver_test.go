package fhirserver

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// The tests look at what the wrapper adds to the library: paging, validation,
// transactions that are undone, the token.

type bundle struct {
	Total *int
	Link  []struct{ Relation, URL string }
	Entry []struct {
		FullURL  string
		Response struct{ Status, Location string }
	}
}

func (b bundle) next() string {
	for _, l := range b.Link {
		if l.Relation == "next" {
			return l.URL
		}
	}
	return ""
}

type client struct {
	t     *testing.T
	token string
}

// do sends a request and returns the answer's status and body.
func (c client) do(method, url, body string) (int, bundle) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/fhir+json")
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	var b bundle
	if err := json.Unmarshal(text, &b); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
	return response.StatusCode, b
}

func transaction(resources ...string) string {
	var entries []string
	for _, r := range resources {
		entries = append(entries, fmt.Sprintf(`{"resource":%s,"request":{"method":"POST","url":"Patient"}}`, r))
	}
	return `{"resourceType":"Bundle","type":"transaction","entry":[` + strings.Join(entries, ",") + `]}`
}

const (
	ada     = `{"resourceType":"Patient","name":[{"family":"Byron","given":["Ada"]}],"birthDate":"1815-12-10"}`
	invalid = `{"resourceType":"Patient","birthDate":7}`
)

func TestPaging(t *testing.T) {
	base := Start(t, Options{Page: 2})
	c := client{t: t}
	if status, b := c.do(http.MethodPost, base, transaction(ada, ada, ada, ada, ada)); status != 200 || len(b.Entry) != 5 {
		t.Fatalf("status %d, %d entries", status, len(b.Entry))
	}
	var pages []int
	seen := map[string]bool{}
	for url := base + "/Patient?_count=3&family=Byron"; url != ""; {
		status, b := c.do(http.MethodGet, url, "")
		if status != 200 || b.Total != nil {
			t.Fatalf("status %d, total %v", status, b.Total)
		}
		for _, e := range b.Entry {
			seen[e.FullURL] = true
		}
		pages = append(pages, len(b.Entry))
		url = b.next()
	}
	if fmt.Sprint(pages) != "[2 2 1]" || len(seen) != 5 {
		t.Errorf("pages of %v entries, %d different", pages, len(seen))
	}
}

func TestTransactionIsUndone(t *testing.T) {
	base := Start(t, Options{})
	c := client{t: t}
	if status, _ := c.do(http.MethodPost, base+"/Patient", ada); status != 201 {
		t.Fatalf("status %d", status)
	}
	if status, _ := c.do(http.MethodPost, base, transaction(ada, invalid)); status != 400 {
		t.Errorf("a transaction with an invalid resource: status %d", status)
	}
	if _, b := c.do(http.MethodGet, base+"/Patient", ""); len(b.Entry) != 1 {
		t.Errorf("%d patients, want the one from before", len(b.Entry))
	}
	if status, _ := c.do(http.MethodPost, base, transaction(ada)); status != 200 {
		t.Errorf("a transaction after one that failed: status %d", status)
	}
	if _, b := c.do(http.MethodGet, base+"/Patient", ""); len(b.Entry) != 2 {
		t.Errorf("%d patients, want two", len(b.Entry))
	}
}

func TestToken(t *testing.T) {
	base := Start(t, Options{Token: "right"})
	tests := []struct {
		token string
		want  int
	}{{"", 401}, {"wrong", 401}, {"right", 200}}
	for _, tt := range tests {
		t.Run("token "+tt.token, func(t *testing.T) {
			if status, _ := (client{t, tt.token}).do(http.MethodGet, base+"/metadata", ""); status != tt.want {
				t.Errorf("status %d, want %d", status, tt.want)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	base := Start(t, Options{})
	tests := []struct {
		name, method, path, body string
		want                     int
	}{
		{"an invalid resource", http.MethodPost, "/Patient", invalid, 400},
		{"no JSON", http.MethodPost, "/Patient", "{", 400},
		{"nobody", http.MethodGet, "/Patient/none", "", 404},
		{"not FHIR", http.MethodGet, "/../../other", "", 404},
		{"a bad count", http.MethodGet, "/Patient?_count=many", "", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if status, _ := (client{t: t}).do(tt.method, base+tt.path, tt.body); status != tt.want {
				t.Errorf("status %d, want %d", status, tt.want)
			}
		})
	}
}
