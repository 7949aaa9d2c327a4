package fhir_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"carekey/fhir"
)

const (
	pat = `{"resourceType":"Patient","id":"p1"}`
	obs = `{"resourceType":"Observation","id":"o1","status":"final","subject":{"reference":"Patient/p1"}}`
)

func bundled(kind string, entries ...string) string {
	for i, e := range entries {
		entries[i] = `{"resource":` + e + `}`
	}
	return `{"resourceType":"Bundle","type":"` + kind + `","entry":[` + strings.Join(entries, ",") + `]}`
}

func refs(b fhir.Bundle) []string {
	var list []string
	for _, r := range b.Entries {
		list = append(list, r.Ref())
	}
	return list
}

func TestReadForms(t *testing.T) {
	both := []string{"Patient/p1", "Observation/o1"}
	tests := []struct {
		name, text string
		want       []string
	}{
		{"collection", bundled("collection", pat, obs), both},
		{"searchset", bundled("searchset", pat, obs), both},
		{"transaction", bundled("transaction", pat, obs), both},
		{"batch", bundled("batch", pat, obs), both},
		{"document", bundled("document", pat, obs), both},
		{"type last", `{"entry":[{"resource":` + pat + `},{"resource":` + obs + `}],"type":"collection","resourceType":"Bundle"}`, both},
		{"no entries", `{"resourceType":"Bundle","type":"collection"}`, nil},
		{"empty entries", `{"resourceType":"Bundle","type":"collection","entry":[]}`, nil},
		{"one resource", pat, []string{"Patient/p1"}},
		{"one resource, type last", `{"id":"p1","resourceType":"Patient"}`, []string{"Patient/p1"}},
		{"one pretty resource", "{\n  \"resourceType\": \"Patient\",\n  \"id\": \"p1\"\n}\n", []string{"Patient/p1"}},
		{"a list is no bundle", `{"entry":[{"item":{"reference":"Patient/p1"}}],"resourceType":"List","id":"l"}`, []string{"List/l"}},
		{"lines", pat + "\n" + obs + "\n", both},
		{"lines without an end", pat + "\r\n\r\n" + obs, both},
		{"byte order mark", "\ufeff" + pat, []string{"Patient/p1"}},
		{"one line bundle, brace on the next", "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"entry\":[\n{\"resource\":" + pat + "}]}", []string{"Patient/p1"}},
		{"opening brace alone", "{\n\"resourceType\":\"Patient\",\"id\":\"p1\"}", []string{"Patient/p1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"whole":   strings.NewReader(tt.text),
				"by byte": iotest.OneByteReader(strings.NewReader(tt.text)),
			} {
				b, omitted, err := fhir.ReadBundle(r, fhir.Limits{})
				if err != nil || len(omitted) > 0 || !slices.Equal(refs(b), tt.want) {
					t.Errorf("%s: got %v, %v, %v", name, refs(b), omitted, err)
				}
			}
		})
	}
}

// One bad record is left out with its reason; the good ones before and after
// stay.
func TestReadLeavesOutTheBad(t *testing.T) {
	deep := `{"resourceType":"Observation","id":"deep","extension":` + strings.Repeat(`[`, 100) + strings.Repeat(`]`, 100) + `}`
	tests := []struct {
		name, bad string
		want      fhir.Reason
	}{
		{"unknown type", `{"resourceType":"Horoscope","id":"x"}`, fhir.UnknownType},
		{"no type", `{"id":"x"}`, fhir.UnknownType},
		{"no id", `{"resourceType":"Observation"}`, fhir.NoID},
		{"empty id", `{"resourceType":"Observation","id":""}`, fhir.NoID},
		{"bad id", `{"resourceType":"Observation","id":"../x"}`, fhir.NoID},
		{"long id", `{"resourceType":"Observation","id":"` + strings.Repeat("x", 65) + `"}`, fhir.NoID},
		{"bad date", `{"resourceType":"Observation","id":"x","effectiveDateTime":"31.12.2019"}`, fhir.BadDate},
		{"impossible date", `{"resourceType":"Observation","id":"x","effectiveDateTime":"2019-02-30"}`, fhir.BadDate},
		{"bad period", `{"resourceType":"Encounter","id":"x","period":{"start":"2019","end":"2018"}}`, fhir.BadDate},
		{"bad end", `{"resourceType":"Encounter","id":"x","period":{"start":"2019","end":"soon"}}`, fhir.BadDate},
		{"repeated", pat, fhir.Repeated},
		{"too deep", deep, fhir.TooDeep},
		{"not an object", `[1]`, fhir.BadJSON},
		{"null", `null`, fhir.BadJSON},
		{"comma", `{"resourceType":"Observation","id":"x",}`, fhir.BadJSON},
		{"word", `{"resourceType":"Observation","id":"x","status":final}`, fhir.BadJSON},
		{"escape", `{"resourceType":"Observation","id":"x","status":"\q"}`, fhir.BadJSON},
		{"not UTF-8", "{\"resourceType\":\"Observation\",\"id\":\"x\",\"status\":\"\xff\"}", fhir.BadJSON},
		{"two types", `{"resourceType":"Observation","id":"x","resourceType":"Patient"}`, fhir.BadJSON},
		{"two types, one unknown", `{"resourceType":"Horoscope","id":"x","resourceType":"Observation"}`, fhir.BadJSON},
		{"two ids", `{"resourceType":"Observation","id":"x","id":"y"}`, fhir.BadJSON},
		{"two dates", `{"resourceType":"Observation","id":"x","effectiveDateTime":"2019","effectiveDateTime":"2021"}`, fhir.BadJSON},
		{"two subjects", `{"resourceType":"Observation","id":"x","subject":{"reference":"Patient/p1"},"subject":{"reference":"Patient/p2"}}`, fhir.BadJSON},
		{"two references in one", `{"resourceType":"Observation","id":"x","focus":[{"reference":"Patient/a","reference":"Patient/b"}]}`, fhir.BadJSON},
		{"two codes in one label", `{"resourceType":"Observation","id":"x","meta":{"security":[{"system":"s","code":"HIV","code":"N"}]}}`, fhir.BadJSON},
		{"two systems in one code", `{"resourceType":"Observation","id":"x","code":{"coding":[{"system":"a","system":"b","code":"c"}]}}`, fhir.BadJSON},
		{"two names in one code", `{"resourceType":"Observation","id":"x","code":{"coding":[{"display":"a","display":"b"}]}}`, fhir.BadJSON},
		{"two texts in one code", `{"resourceType":"Observation","id":"x","code":{"text":"a","text":"b"}}`, fhir.BadJSON},
		{"not a number", `{"resourceType":"Observation","id":"x","valueQuantity":{"value":NaN}}`, fhir.BadJSON},
		{"infinity", `{"resourceType":"Observation","id":"x","valueQuantity":{"value":-Infinity}}`, fhir.BadJSON},
		{"half a number", `{"resourceType":"Observation","id":"x","valueQuantity":{"value":1.}}`, fhir.BadJSON},
		{"half a surrogate in the id", `{"resourceType":"Observation","id":"\ud800"}`, fhir.NoID},
		{"escaped name", `{"resourceType":"Observation","id":"x","m\u0065ta":{}}`, fhir.BadJSON},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for form, text := range map[string]string{
				"bundle": bundled("collection", pat, tt.bad, obs),
				"lines":  pat + "\n" + tt.bad + "\n" + obs,
			} {
				b, omitted := read(t, text)
				if !slices.Equal(refs(b), []string{"Patient/p1", "Observation/o1"}) {
					t.Errorf("%s: got %v", form, refs(b))
				}
				if len(omitted) != 1 || omitted[0].Reason != tt.want || omitted[0].Count != 1 || len(omitted[0].Examples) != 1 {
					t.Errorf("%s: left out %+v, should be for %s", form, omitted, tt.want)
				}
			}
		})
	}
}

// A number of any size is only text here: nothing is rounded or lost.
func TestReadHugeNumbers(t *testing.T) {
	huge := `{"resourceType":"Observation","id":"x","valueQuantity":{"value":1e999999},"valueInteger":` + strings.Repeat("9", 5000) + `}`
	b, omitted := read(t, bundled("collection", pat, huge))
	if len(omitted) != 0 || len(b.Entries) != 2 || string(b.Entries[1].Raw) != huge {
		t.Errorf("got %v, left out %+v", refs(b), omitted)
	}
}

func TestReadBrokenLines(t *testing.T) {
	for name, text := range map[string]string{
		"first":  `{"resourceType":"Patient","id":"p` + "\n" + pat + "\n" + obs,
		"middle": pat + "\n" + `{"resourceType":"Condition","id":"c",{{{"` + "\n" + obs,
		"last":   pat + "\n" + obs + "\n" + `{"resourceType":"Cond`,
	} {
		b, omitted := read(t, text)
		if !slices.Equal(refs(b), []string{"Patient/p1", "Observation/o1"}) || len(omitted) != 1 || omitted[0].Reason != fhir.BadJSON {
			t.Errorf("%s: got %v, %+v", name, refs(b), omitted)
		}
	}
}

func TestReadEntries(t *testing.T) {
	tests := []struct {
		name, entry string
		want        fhir.Reason
	}{
		{"no resource", `{"fullUrl":"urn:uuid:1","request":{"method":"DELETE","url":"Patient/1"}}`, fhir.NoResource},
		{"empty", `{}`, fhir.NoResource},
		{"not an object", `7`, fhir.BadJSON},
		{"two resources", `{"resource":` + obs + `,"resource":{"resourceType":"Condition","id":"c"}}`, fhir.BadJSON},
		{"same fullUrl", `{"fullUrl":"urn:uuid:a","resource":{"resourceType":"Observation","id":"other"}}`, fhir.Repeated},
		{"no id but a URL", `{"fullUrl":"https://x.example/Observation/1","resource":{"resourceType":"Observation"}}`, fhir.NoID},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, omitted := read(t, `{"resourceType":"Bundle","type":"transaction","entry":[{"fullUrl":"urn:uuid:a","resource":`+pat+`},`+tt.entry+`]}`)
			if len(b.Entries) != 1 || len(omitted) != 1 || omitted[0].Reason != tt.want {
				t.Errorf("got %v, %+v", refs(b), omitted)
			}
		})
	}
}

func TestReadTakesTheIDFromTheFullURL(t *testing.T) {
	b, omitted := read(t, `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"Observation"},"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}]}`)
	if len(omitted) > 0 || !slices.Equal(refs(b), []string{"Observation/0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"}) {
		t.Errorf("got %v, %+v", refs(b), omitted)
	}
	if _, found := b.Find("urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"); !found {
		t.Error("it is not found by its fullUrl")
	}
}

func TestReadRefusesTheWhole(t *testing.T) {
	broken := errors.New("the line is down")
	small := fhir.Limits{Bytes: 400, Resource: 200, Entries: 3}
	long := bundled("collection", pat, `{"resourceType":"Observation","id":"o","note":[{"text":"`+strings.Repeat("x", 150)+`"}]}`)
	tests := []struct {
		name   string
		in     io.Reader
		limits fhir.Limits
		want   error
	}{
		{"nothing", strings.NewReader(""), fhir.Limits{}, fhir.ErrNotRecords},
		{"blanks", strings.NewReader(" \n "), fhir.Limits{}, fhir.ErrNotRecords},
		{"XML", strings.NewReader("<Bundle/>"), fhir.Limits{}, fhir.ErrNotRecords},
		{"a list", strings.NewReader("[]"), fhir.Limits{}, fhir.ErrNotRecords},
		{"history", strings.NewReader(bundled("history", pat)), fhir.Limits{}, fhir.ErrNotRecords},
		{"message", strings.NewReader(bundled("message", pat)), fhir.Limits{}, fhir.ErrNotRecords},
		{"entries are no list", strings.NewReader(`{"resourceType":"Bundle","type":"collection","entry":{}}`), fhir.Limits{}, fhir.ErrNotRecords},
		{"cut in an entry", strings.NewReader(bundled("collection", pat, obs)[:120]), fhir.Limits{}, fhir.ErrTruncated},
		{"cut behind an entry", strings.NewReader(`{"resourceType":"Bundle","entry":[{"resource":` + pat + `}`), fhir.Limits{}, fhir.ErrTruncated},
		{"cut in a resource", strings.NewReader(pat[:20]), fhir.Limits{}, fhir.ErrTruncated},
		{"too many bytes", strings.NewReader(bundled("collection", pat, obs) + strings.Repeat(" ", 400)), small, fhir.ErrTooLarge},
		{"too large a resource", strings.NewReader(long), small, fhir.ErrTooLarge},
		{"too many entries", strings.NewReader(bundled("collection", pat, `{}`, `{}`, `{}`)), small, fhir.ErrTooLarge},
		{"too long a line", strings.NewReader(pat + "\n" + strings.Repeat("x", 300)), small, fhir.ErrTooLarge},
		{"reader's source ends", io.MultiReader(strings.NewReader(pat+"\n"), iotest.ErrReader(fmt.Errorf("line: %w", io.EOF))), fhir.Limits{}, fhir.ErrTruncated},
		{"reader fails", io.MultiReader(strings.NewReader(bundled("collection", pat)[:60]), iotest.ErrReader(broken)), fhir.Limits{}, broken},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, omitted, err := fhir.ReadBundle(tt.in, tt.limits)
			if !errors.Is(err, tt.want) || len(b.Entries) > 0 || omitted != nil {
				t.Errorf("got %v, %v, %v", refs(b), omitted, err)
			}
		})
	}
}

// Exactly the limit passes.
func TestReadAtTheLimit(t *testing.T) {
	text := bundled("collection", pat, obs)
	if _, _, err := fhir.ReadBundle(strings.NewReader(text), fhir.Limits{Bytes: int64(len(text))}); err != nil {
		t.Error(err)
	}
	if _, _, err := fhir.ReadBundle(strings.NewReader(text), fhir.Limits{Bytes: int64(len(text)) - 1}); !errors.Is(err, fhir.ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
}

// Fifty megabytes of anything end in an answer, and the good part stays.
func TestReadFiftyMegabytes(t *testing.T) {
	const size = 50 << 20
	filler := func(unit string) io.Reader { return strings.NewReader(strings.Repeat(unit, size/len(unit))) }
	half := func(unit string) io.Reader { return strings.NewReader(strings.Repeat(unit, size/2)) }
	around := func(middle io.Reader) io.Reader {
		return io.MultiReader(
			strings.NewReader(`{"resourceType":"Bundle","type":"collection","entry":[{"resource":`+pat+`},`), middle,
			strings.NewReader(`{"resource":`+obs+`}]}`))
	}
	tests := []struct {
		name    string
		in      io.Reader
		entries int
		omitted []fhir.Reason
	}{
		{"one letter", around(io.MultiReader(strings.NewReader(`{"resource":{"resourceType":"DocumentReference","id":"d","description":"`), filler("QUJD"), strings.NewReader(`"}},`))), 3, nil},
		{"depth", around(io.MultiReader(strings.NewReader(`{"resource":{"resourceType":"Observation","id":"x","extension":`), half("["), half("]"), strings.NewReader(`}},`))), 2, []fhir.Reason{fhir.TooDeep}},
		{"blanks", around(filler(" ")), 2, nil},
		{"one string of backslashes", around(io.MultiReader(strings.NewReader(`{"fullUrl":"`), filler(`\\`), strings.NewReader(`"},`))), 2, []fhir.Reason{fhir.NoResource}},
		{"the same again", around(filler(`{"resource":` + obs + `},`)), 2, []fhir.Reason{fhir.Repeated}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, omitted, err := fhir.ReadBundle(tt.in, fhir.Limits{})
			var reasons []fhir.Reason
			for _, o := range omitted {
				reasons = append(reasons, o.Reason)
			}
			if err != nil || len(b.Entries) != tt.entries || !slices.Equal(reasons, tt.omitted) {
				t.Errorf("got %d entries, %v, %v", len(b.Entries), omitted, err)
			}
		})
	}
}

// Millions of omissions are counted, not collected.
func TestOmissionsStaySmall(t *testing.T) {
	var text strings.Builder
	for n := range 5000 {
		fmt.Fprintf(&text, "{\"resourceType\":\"Observation\",\"id\":\"x%d%s\n", n, strings.Repeat("\x1b[2J", 50))
	}
	_, omitted := read(t, pat+"\n"+text.String())
	if len(omitted) != 1 || omitted[0].Count != 5000 || len(omitted[0].Examples) > 5 {
		t.Errorf("%+v", omitted)
	}
}

func TestFind(t *testing.T) {
	b, _ := read(t, `{"resourceType":"Bundle","type":"searchset","entry":[
{"fullUrl":"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0","resource":`+pat+`},
{"fullUrl":"https://a.example/fhir/Observation/o1","resource":`+obs+`},
{"resource":{"resourceType":"Practitioner","id":"dr","identifier":[{"system":"https://n.example","value":"7"}]}},
{"resource":{"resourceType":"Encounter","id":"e","participant":[{"individual":{"reference":"Practitioner?identifier=https://n.example|7"}}]}}]}`)
	for reference, want := range map[string]string{
		"Patient/p1": "Patient/p1",
		"urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0":    "Patient/p1",
		"https://a.example/fhir/Observation/o1":            "Observation/o1",
		"https://a.example/fhir/Observation/o1/_history/3": "Observation/o1",
		"Observation/o1/_history/3":                        "Observation/o1",
		"Observation/o1#part":                              "Observation/o1",
		"Practitioner?identifier=https://n.example|7":      "Practitioner/dr",
		"Practitioner?identifier=https://n.example%7C7":    "Practitioner/dr",
		"Practitioner?identifier=https://n.example|8":      "",
		"Practitioner?name=x":                              "",
		"https://b.example/fhir/Observation/o1":            "", // another server's
		"Observation/o2":                                   "",
		"Observation":                                      "",
		"":                                                 "",
		"#p1":                                              "",
	} {
		got, found := b.Find(reference)
		if found != (want != "") || found && got.Ref() != want {
			t.Errorf("%q leads to %q", reference, got.Ref())
		}
	}
}

func TestParseTakesOneResource(t *testing.T) {
	for _, text := range []string{obs + obs, obs + "}", obs + " x", "[" + obs + "]", ""} {
		if r, err := fhir.Parse([]byte(text)); err == nil {
			t.Errorf("%q became %s", text, r.Ref())
		}
	}
	if _, err := fhir.Parse([]byte(obs + "\n")); err != nil {
		t.Error(err)
	}
}

func FuzzReadBundle(f *testing.F) {
	for _, seed := range []string{
		bundled("collection", pat, obs), pat + "\n" + obs, pat, "\ufeff" + pat, `{"entry":[],"resourceType":"Bundle"}`,
		`{"resourceType":"Bundle","type":"collection","entry":[{"fullUrl":"urn:uuid:1","resource":{"resourceType":"Condition","id":"c","meta":{"security":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]},"onsetDateTime":"2019-05","code":{"coding":[{"system":"http://snomed.info/sct","code":"370143000"}]},"subject":{"reference":"Patient\/p1","identifier":{"value":"1"}},"contained":[{"resourceType":"Medication","id":"m"}]}}]}`,
		`{"resourceType":"DocumentReference","id":"d","content":[{"attachment":{"url":"Binary/b"}}],"custodian":{"reference":"Organization?identifier=a|b"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		limits := fhir.Limits{Bytes: 1 << 20, Entries: 1000, Depth: 20}
		checkOutline(t, string(raw), limits)
		b, _, err := fhir.ReadBundle(strings.NewReader(string(raw)), limits)
		if err != nil {
			return
		}
		checkHolds(t, b)
	})
}

// checkHolds holds what must be so for every bundle that can be read.
func checkHolds(t *testing.T, b fhir.Bundle) {
	t.Helper()
	again, omitted := read(t, written(t, b))
	if len(omitted) > 0 || written(t, again) != written(t, b) {
		t.Errorf("written and read again it differs: %+v", omitted)
	}
	for _, r := range b.Entries {
		fhir.DemographicsOf(r)
	}
	kept, manifest := fhir.Narrow(b, everything())
	if err := manifest.Check(); err != nil {
		t.Error(err)
	}
	if _, err := fhir.Refile(kept, refileKey()); err != nil {
		return
	}
	filed, omitted := read(t, string(transactionOf(t, kept, refileKey())))
	if len(omitted) > 0 || len(filed.Entries) < len(kept.Entries)-len(kept.Patients())+1 {
		t.Errorf("the transaction reads as %v, %+v", refs(filed), omitted)
	}
}
