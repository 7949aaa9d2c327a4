package fhir_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/fhir"
)

// opened counts how often a text is opened and not closed again.
type opened struct {
	io.Reader
	open *int
}

func (o opened) Close() error { *o.open--; return nil }

// outlineOf reads an outline whose text is what text holds when it is opened.
func outlineOf(t testing.TB, text *string, limits fhir.Limits) (fhir.Outline, []fhir.Omission, error) {
	t.Helper()
	open := 0
	t.Cleanup(func() {
		if open != 0 {
			t.Errorf("a text was opened %d times more than closed", open)
		}
	})
	return fhir.ReadOutline(func() (io.ReadCloser, error) {
		open++
		return opened{strings.NewReader(*text), &open}, nil
	}, limits)
}

// checkOutline holds the outline of a text to what [fhir.ReadBundle] makes of it.
func checkOutline(t testing.TB, text string, limits fhir.Limits) {
	t.Helper()
	whole, omitted, err := fhir.ReadBundle(strings.NewReader(text), limits)
	outline, left, err2 := outlineOf(t, &text, limits)
	if (err == nil) != (err2 == nil) || !sameOmissions(omitted, left) {
		t.Fatalf("read whole: %v, %v; as an outline: %v, %v", omitted, err, left, err2)
	}
	if err != nil {
		return
	}
	scopes := []consent.Scope{everything(), scope(consent.Medicines, consent.TestResults), {Types: consent.RecordTypes(), From: "2015-01-01"}}
	for _, s := range scopes {
		kept, manifest := fhir.Narrow(whole, s)
		outlined, manifest2 := outline.Narrow(s)
		if !bytes.Equal(consent.Encode(manifest), consent.Encode(manifest2)) {
			t.Errorf("the manifests differ:\n%+v\n%+v", manifest, manifest2)
		}
		checkSameText(t, kept, outlined)
	}
	checkSameText(t, whole, outline)
}

func sameOmissions(a, b []fhir.Omission) bool {
	return bytes.Equal(consent.Encode(a), consent.Encode(b))
}

// checkSameText checks that a bundle and an outline are written and filed alike.
func checkSameText(t testing.TB, b fhir.Bundle, o fhir.Outline) {
	t.Helper()
	var out bytes.Buffer
	if err := o.Write(&out); err != nil || out.String() != written(t, b) {
		t.Errorf("written it differs: %v\n%s\n%s", err, written(t, b), out.String())
	}
	made, err := fhir.Refile(b, refileKey())
	made2, err2 := o.Refile(refileKey())
	if (err == nil) != (err2 == nil) {
		t.Fatalf("filed whole: %v; as an outline: %v", err, err2)
	}
	if err != nil {
		return
	}
	var text, text2 bytes.Buffer
	for range 2 { // it can be made again
		text.Reset()
		text2.Reset()
		_, err = made.WriteTo(&text)
		_, err2 = made2.WriteTo(&text2)
		if err != nil || err2 != nil || made.Len != made2.Len || !bytes.Equal(text.Bytes(), text2.Bytes()) {
			t.Errorf("filed it differs: %v, %v\n%s\n%s", err, err2, text.Bytes(), text2.Bytes())
		}
	}
}

// linked is a bundle with references of every kind.
const linked = `{"type":"searchset","entry":[ {"search":{"mode":"match"},"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource": {"resourceType":"Patient","id":"p1","name":[{"family":"Lee"}],"photo":[{"data":"QUJD"}],"generalPractitioner":[{"reference":"Practitioner/dr"}]}},
{"resource":{"resourceType":"Observation","id":"late","status":"final","effectiveDateTime":"2020","subject":{"reference":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},"performer":[{"reference":"Practitioner?identifier=https://n.example|7","display":"Dr. Lee"},{"reference":"Practitioner?identifier=https://n.example|8"}],"encounter":{"reference":"Encounter\/e"}}},
{"resource":{"resourceType":"Horoscope","id":"h"}}, {"resource":{"resourceType":"Observation","id":"late"}}, {},
{"fullUrl":"https://a.example/fhir/Encounter/e","resource":{"resourceType":"Encounter","id":"e","status":"finished","subject":{"reference":"Patient\u002fp1"},"meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"serviceProvider":{"reference":"Organization/none","identifier":{"value":"1"}}}},
{"resource":{"resourceType":"DocumentReference","id":"d","date":"2010-01-01T00:00:00Z","subject":{"reference":"Patient/p1"},"content":[{"attachment":{"url":"Binary/b"}},{"attachment":{"url":"https://b.example/x"}}]}  },
{"resource":{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"https://n.example","value":"7"}]}},{"resource":{"resourceType":"Binary","id":"b","contentType":"text/plain","data":"QUJD"}}
], "resourceType":"Bundle"}`

// TestOutlineIsTheBundle: reading a text as an outline changes nothing but what
// is in memory.
func TestOutlineIsTheBundle(t *testing.T) {
	long := `{"resourceType":"DocumentReference","id":"long","subject":{"reference":"Patient/p1"},"description":"` + strings.Repeat("long ", 200_000) + `"}`
	many := manyEntries(long)
	for name, text := range map[string]string{
		"many":                many,
		"many, cut off":       many[:len(many)-len(many)/3],
		"a bundle":            bundled("collection", pat, obs),
		"links":               linked,
		"lines":               "\n " + pat + " \r\n{\n" + obs + "\n\n" + strings.ReplaceAll(obs, "o1", "o2"),
		"a mark first":        "\ufeff" + bundled("batch", obs, pat),
		"a bundle, then more": bundled("collection", pat) + "\n" + obs + "\n",
		"one resource":        " " + obs + " ",
		"a patient":           pat,
		"no entries":          `{"resourceType":"Bundle","type":"collection"}`,
		"long ones":           bundled("collection", pat, long, obs, strings.Replace(long, `"long"`, `"longer"`, 1), strings.ReplaceAll(obs, "o1", "o2")),
		"a long patient":      bundled("collection", obs, strings.Replace(pat, "}", `,"photo":[{"data":"`+strings.Repeat("QUJD", 200_000)+`"}]}`, 1), strings.ReplaceAll(obs, "o1", "o2")),
		"two patients":        bundled("collection", pat, obs, strings.ReplaceAll(pat, "p1", "p2")),
		"no records":          "these are no records",
		"the middle":          linked[:len(linked)/2],
	} {
		t.Run(name, func(t *testing.T) { checkOutline(t, text, fhir.Limits{}) })
	}
	_, _, err := fhir.ReadOutline(func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }, fhir.Limits{})
	if !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a text that does not open: %v", err)
	}
}

// manyEntries is a bundle of thousands of entries, good and bad, with a long one
// in the middle.
func manyEntries(long string) string {
	entries := []string{pat}
	for n := range 4000 {
		id := fmt.Sprintf(`"o%d"`, n)
		switch {
		case n == 2000:
			entries = append(entries, long)
		case n%7 == 0:
			entries = append(entries, `{"resourceType":"Horoscope","id":`+id+`}`)
		case n%11 == 0:
			entries = append(entries, strings.ReplaceAll(obs, `"o1"`, `"again"`))
		default:
			entries = append(entries, strings.ReplaceAll(obs, `"o1"`, id))
		}
	}
	return bundled("collection", entries...)
}

// TestOutlineCountsEntries: the limit on entries holds for an outline too.
func TestOutlineCountsEntries(t *testing.T) {
	text := manyEntries(obs)
	if _, _, err := outlineOf(t, &text, fhir.Limits{Entries: 3000}); !errors.Is(err, fhir.ErrTooLarge) {
		t.Errorf("got %v", err)
	}
}

// TestOutlineRefusesChange: what is not what was judged is neither written nor
// filed.
func TestOutlineRefusesChange(t *testing.T) {
	before := bundled("collection", pat, obs, `{"resourceType":"Condition","id":"c","subject":{"reference":"Patient/p1"}}`)
	for name, after := range map[string]string{
		"another word": strings.Replace(before, "final", "fatal", 1),
		"less":         before[:len(before)/2],
		"nothing":      "",
		"moved":        " " + before,
		"another id":   strings.Replace(before, `"c"`, `"d"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			text := before
			o, _, err := outlineOf(t, &text, fhir.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			made, err := o.Refile(refileKey())
			if err != nil {
				t.Fatal(err)
			}
			text = after
			if err := o.Write(io.Discard); !errors.Is(err, fhir.ErrChanged) {
				t.Errorf("writing it: %v", err)
			}
			var last error
			records := 0
			for _, err := range made.All {
				if last = err; err == nil {
					records++
				}
			}
			if !errors.Is(last, fhir.ErrChanged) || records > 1 {
				t.Errorf("filing it: %d records, %v", records, last)
			}
			if _, err := made.WriteTo(io.Discard); !errors.Is(err, fhir.ErrChanged) {
				t.Errorf("filing it as text: %v", err)
			}
		})
	}
}

// TestOutlineStopsReading: who asks for no more gets no more, and the text is
// closed.
func TestOutlineStopsReading(t *testing.T) {
	text := bundled("collection", pat, obs, strings.ReplaceAll(obs, "o1", "o2"))
	o, _, err := outlineOf(t, &text, fhir.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	made, err := o.Refile(refileKey())
	if err != nil {
		t.Fatal(err)
	}
	for range made.All {
		break
	}
	if len(o.Patients()) != 1 || !slices.Equal(o.Patients()[0].Raw, []byte(pat)) {
		t.Errorf("the patient is %v", o.Patients())
	}
}
