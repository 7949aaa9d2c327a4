package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/fhir"
	"carekey/gateway"
	"carekey/gateway/records"
)

// selective is a FHIR server that holds a record and refuses to give some types
// of it.
func selective(t *testing.T, record string, refused ...string) *records.Server {
	t.Helper()
	var held struct {
		Entry []struct{ Resource json.RawMessage }
	}
	if err := json.Unmarshal([]byte(record), &held); err != nil {
		t.Fatal(err)
	}
	byType, byName := map[string][]string{}, map[string]string{}
	for _, e := range held.Entry {
		r, err := fhir.Parse(e.Resource)
		if err != nil {
			t.Fatal(err)
		}
		byType[r.Type], byName[r.Ref()] = append(byType[r.Type], `{"resource":`+string(r.Raw)+`}`), string(r.Raw)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := strings.TrimPrefix(r.URL.Path, "/")
		switch {
		case slices.Contains(refused, asked):
			w.WriteHeader(http.StatusForbidden)
		case byName[asked] != "":
			fmt.Fprint(w, byName[asked])
		case strings.Contains(asked, "/"):
			http.NotFound(w, r)
		default:
			fmt.Fprintf(w, `{"resourceType":"Bundle","type":"searchset","entry":[%s]}`, strings.Join(byType[asked], ","))
		}
	}))
	t.Cleanup(server.Close)
	s, err := records.NewServer(records.ServerOptions{URL: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestWhatIsKeptBackIsTold: a record system that refuses one kind of what was
// asked for stops nothing, and both institutions and the patient are told; of
// kinds that nobody asked for, nobody is told.
func TestWhatIsKeptBackIsTold(t *testing.T) {
	w := newWorld(t)
	w.source.tweak = func(c *gateway.Config) { c.Records = selective(t, medicalRecord("ps", 2), "Observation", "Claim") }
	w.dest.load("R-1", medicalRecord("pr", 0))
	w.source.start()
	w.dest.start()
	at, from := w.dest.join("R-1"), w.source.join("Patient/ps")
	a := &approval{at: at, from: from, scope: labScope}
	a.approve(w.ask())
	w.until(func() bool { return a.verdict() == consent.VerdictOK && w.dest.atRest() && w.source.atRest() })
	const told = "the source's record system kept back: Observation"
	if !w.source.event(told) || !w.dest.event(told) || w.dest.event("Claim") {
		t.Error("an institution is told something else")
	}
	manifests := 0
	for _, content := range a.transfer.contents() {
		step, ok := content.(*consent.Step)
		if !ok || len(step.Manifest) == 0 {
			continue
		}
		var m fhir.Manifest
		if err := consent.Decode(step.Manifest, fhir.MaxManifest, &m); err != nil {
			t.Fatal(err)
		}
		manifests++
		if !slices.Equal(m.WithheldTypes(), []string{"Observation"}) || m.Records() != 1 {
			t.Errorf("the patient reads of %d records, and of %v kept back", m.Records(), m.WithheldTypes())
		}
	}
	if manifests == 0 {
		t.Error("the patient reads nothing")
	}
	looked, err := w.source.gateway.Look(w.soon(), "Patient/ps", gateway.LookSpec{By: lee, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare,
		Types: []consent.RecordType{consent.TestResults}})
	if err != nil || len(looked.Omitted) != 1 || looked.Omitted[0].String() != "kept back by the record system: Observation" {
		t.Errorf("a look tells %v, %v", looked.Omitted, err)
	}
}
