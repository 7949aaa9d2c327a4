package fhir_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"carekey/consent"
	"carekey/fhir"
)

func rosa() fhir.Demographics {
	return fhir.Demographics{
		Family: "Lindqvist", Given: []string{"Rosa", "Maria"}, BirthDate: "1961-04-17", Sex: "female",
		Identifiers: []fhir.PersonID{{System: "https://n.example", Value: "610417-2281"}},
		Contacts:    []string{"+46 8 5550 0142"},
	}
}

func TestMatch(t *testing.T) {
	with := func(change func(*fhir.Demographics)) fhir.Demographics {
		d := rosa()
		change(&d)
		return d
	}
	family := func(name string) fhir.Demographics { return with(func(d *fhir.Demographics) { d.Family = name }) }
	given := func(names ...string) fhir.Demographics { return with(func(d *fhir.Demographics) { d.Given = names }) }
	born := func(day consent.Date) fhir.Demographics {
		return with(func(d *fhir.Demographics) { d.BirthDate = day })
	}
	numbers := func(ids ...fhir.PersonID) fhir.Demographics {
		return with(func(d *fhir.Demographics) { d.Identifiers, d.Contacts = ids, nil })
	}
	tests := []struct {
		name string
		a, b fhir.Demographics
		want []fhir.Doubt
	}{
		{"the same", rosa(), rosa(), nil},
		{"case", rosa(), family("LINDQVIST"), nil},
		{"blanks", rosa(), given(" Rosa  Maria "), nil},
		{"order of given names", rosa(), given("Maria", "Rosa"), nil},
		{"one given name less", rosa(), given("Rosa"), nil},
		{"hyphen", given("Anne-Marie"), given("Anne", "Marie"), nil},
		{"accents", family("Núñez"), family("Nunez"), nil},
		{"decomposed", family("Nu\u0301n\u0303ez"), family("Núñez"), nil},
		{"umlaut in two letters", family("Müller"), family("Mueller"), nil},
		{"umlaut without dots", family("Müller"), family("Muller"), nil},
		{"sharp s", family("Groß"), family("GROSS"), nil},
		{"Nordic", family("Sørensen"), family("Soerensen"), nil},
		{"Polish", family("Wałęsa"), family("Walesa"), nil},
		{"Turkish", family("Yıldız"), family("Yildiz"), nil},
		{"apostrophes", family("O’Brien"), family("O'BRIEN"), nil},
		{"full width", family("ＬＩＮＤＱＶＩＳＴ"), rosa(), nil},
		{"particles", family("van der Berg"), family("Van Der Berg"), nil},
		{"Cyrillic", family("Иванова"), family("ИВАНОВА"), nil},
		{"voiced kana differ", family("かた"), family("がた"), []fhir.Doubt{fhir.FamilyDiffers}},
		{"Thai marks differ", family("ก่า"), family("กา"), []fhir.Doubt{fhir.FamilyDiffers}},
		{"Cyrillic й is not и", family("Зайцев"), family("Заицев"), []fhir.Doubt{fhir.FamilyDiffers}},

		{"twins", rosa(), with(func(d *fhir.Demographics) {
			d.Given, d.Identifiers = []string{"Clara", "Maria"}, []fhir.PersonID{{System: "https://n.example", Value: "610417-2299"}}
		}), []fhir.Doubt{fhir.GivenDiffers, fhir.NumberDiffers}},
		{"twins who share a number", rosa(), given("Clara", "Maria"), []fhir.Doubt{fhir.GivenDiffers}},
		{"twins, second name only", rosa(), given("Maria"), []fhir.Doubt{fhir.GivenDiffers}},
		{"changed surname", rosa(), family("Ferrante"), []fhir.Doubt{fhir.FamilyDiffers}},
		{"double surname", rosa(), family("Lindqvist-Ferrante"), []fhir.Doubt{fhir.FamilyDiffers}},
		{"day and month swapped", born("1961-04-07"), born("1961-07-04"), []fhir.Doubt{fhir.DayMonthSwapped}},
		{"another day", rosa(), born("1961-04-18"), []fhir.Doubt{fhir.BirthDateDiffers}},
		{"another year", rosa(), born("1962-04-17"), []fhir.Doubt{fhir.BirthDateDiffers}},
		{"day missing", rosa(), born(""), []fhir.Doubt{fhir.BirthDateMissing}},
		{"partial day", born("1961-04"), born("1961-04"), []fhir.Doubt{fhir.BirthDateMissing}},
		{"another sex", rosa(), with(func(d *fhir.Demographics) { d.Sex = "male" }), []fhir.Doubt{fhir.SexDiffers}},
		{"sex unknown", rosa(), with(func(d *fhir.Demographics) { d.Sex = "unknown" }), nil},
		{"no family", rosa(), family(" "), []fhir.Doubt{fhir.NameMissing}},
		{"no given", rosa(), given(), []fhir.Doubt{fhir.NameMissing}},
		{"nothing else", rosa(), numbers(), []fhir.Doubt{fhir.NothingElse}},
		{"numbers of different authorities", numbers(fhir.PersonID{System: "urn:a", Value: "1"}), numbers(fhir.PersonID{System: "urn:b", Value: "1"}), []fhir.Doubt{fhir.NothingElse}},
		{"two numbers of one authority", rosa(), numbers(fhir.PersonID{System: "https://n.example", Value: "7"}), []fhir.Doubt{fhir.NumberDiffers, fhir.NothingElse}},
		{"number written otherwise", rosa(), numbers(fhir.PersonID{System: "https://n.example", Value: "610417 2281"}), nil},
		{"one of two numbers", rosa(), numbers(fhir.PersonID{System: "https://n.example", Value: "1"}, fhir.PersonID{System: "https://n.example", Value: "610417-2281"}), nil},
		{"telephone", with(func(d *fhir.Demographics) { d.Identifiers = nil }), with(func(d *fhir.Demographics) { d.Identifiers, d.Contacts = nil, []string{"+46855500142"} }), nil},
		{"short extension", with(func(d *fhir.Demographics) { d.Identifiers, d.Contacts = nil, []string{"4711"} }), with(func(d *fhir.Demographics) { d.Identifiers, d.Contacts = nil, []string{"4711"} }), []fhir.Doubt{fhir.NothingElse}},
		{"empty numbers", numbers(fhir.PersonID{System: "urn:a"}), numbers(fhir.PersonID{System: "urn:a"}), []fhir.Doubt{fhir.NothingElse}},
		{"nothing at all", fhir.Demographics{}, fhir.Demographics{}, []fhir.Doubt{fhir.NameMissing, fhir.BirthDateMissing, fhir.NothingElse}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, v := range []fhir.Verdict{fhir.Match(tt.a, tt.b), fhir.Match(tt.b, tt.a)} {
				if !slices.Equal(v.Doubts, tt.want) || v.Certain() != (len(tt.want) == 0) {
					t.Errorf("got %s", v)
				}
			}
		})
	}
}

func TestDemographicsOf(t *testing.T) {
	got := fhir.DemographicsOf(resource(t, `{"resourceType":"Patient","id":"p",
"name":[{"use":"maiden","family":"Ferrante","given":["Rosa"]},{"use":"usual","family":"L."},{"use":"official","family":"Old","period":{"end":"1990"}},{"use":"official","family":"Lindqvist","given":["Rosa","Ma\u001bria"]}],
"birthDate":"1961-04-17","gender":"female",
"identifier":[{"system":"urn:b","value":"2"},{"value":"no system"},{"use":"old","system":"urn:o","value":"9"},{"system":"urn:a","value":"1"},{"system":"urn:b","value":"2"}],
"telecom":[{"system":"phone","value":"123"},{"value":"456","use":"old"}]}`))
	want := fhir.Demographics{
		Family: "Lindqvist", Given: []string{"Rosa", "Maria"}, BirthDate: "1961-04-17", Sex: "female",
		Identifiers: []fhir.PersonID{{System: "urn:a", Value: "1"}, {System: "urn:b", Value: "2"}}, Contacts: []string{"123"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	raw := consent.Encode(got)
	var back fhir.Demographics
	if err := consent.Decode(raw, 1<<12, &back); err != nil || !reflect.DeepEqual(back, want) {
		t.Errorf("%v: %+v", err, back)
	}
}

func TestDemographicsOfTheIncomplete(t *testing.T) {
	for _, text := range []string{
		`{"resourceType":"Patient","id":"p"}`,
		`{"resourceType":"Patient","id":"p","name":"Rosa","birthDate":1961}`,
		`{"resourceType":"Patient","id":"p","name":[{"use":"old","family":"Lindqvist","given":["Rosa"]}],"birthDate":"1961-04"}`,
		`{"resourceType":"Practitioner","id":"p","name":[{"family":"Lindqvist","given":["Rosa"]}],"birthDate":"1961-04-17"}`,
	} {
		d := fhir.DemographicsOf(resource(t, text))
		if d.Family != "" || d.BirthDate != "" || fhir.Match(d, d).Certain() {
			t.Errorf("%s: %+v", text, d)
		}
	}
}

// Match has no direction, is certain of a complete person's self, and never of
// two birth dates.
func FuzzMatch(f *testing.F) {
	f.Add("Lindqvist", "Rosa Maria", "1961-04-17", "1", "LINDQVIST", "Maria Rosa", "1961-04-17", "1")
	f.Add("Müller", "Jörg", "1961-04-07", "1", "Mueller", "Joerg", "1961-07-04", "2")
	f.Add("かた", "e\u0301", "2000-02-29", "", "O'Neill", "M", "x", "\xff")
	f.Fuzz(func(t *testing.T, f1, g1, d1, n1, f2, g2, d2, n2 string) {
		a := fhir.Demographics{Family: f1, Given: []string{g1}, BirthDate: consent.Date(d1), Identifiers: []fhir.PersonID{{System: "s", Value: n1}}}
		b := fhir.Demographics{Family: f2, Given: []string{g2}, BirthDate: consent.Date(d2), Identifiers: []fhir.PersonID{{System: "s", Value: n2}}}
		v, w := fhir.Match(a, b), fhir.Match(b, a)
		if !slices.Equal(v.Doubts, w.Doubts) {
			t.Errorf("%s, but turned round %s", v, w)
		}
		if v.Certain() && (d1 != d2 || !consent.Date(d1).Valid() || d1 == "") {
			t.Errorf("certain of %q and %q", d1, d2)
		}
		self := fhir.Match(a, a)
		for _, d := range self.Doubts {
			if d != fhir.NameMissing && d != fhir.BirthDateMissing && (strings.ContainsAny(n1, "0123456789") || d != fhir.NothingElse) {
				t.Errorf("not oneself: %s", self)
			}
		}
	})
}
