package words

import "testing"

// FuzzChoices: a flag's value that is taken is the word that is shown for it.
func FuzzChoices(f *testing.F) {
	for _, names := range [][]string{BasisFlags(), PurposeFlags(), choiceNames(kindChoices), {"", "Second Opinion", "unknown"}} {
		for _, name := range names {
			f.Add(name)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if b, err := ParseBasis(text); err == nil && text != "" && BasisFlag(b) != FlagValue(text) {
			t.Errorf("%q is the basis %q", text, BasisFlag(b))
		}
		if p, err := ParsePurpose(text); err == nil && PurposeFlag(p) != FlagValue(text) {
			t.Errorf("%q is the purpose %q", text, PurposeFlag(p))
		}
		if classes, err := ParseKind(text); len(classes) > 0 == (err != nil || text == "") {
			t.Errorf("%q is the kinds %v: %v", text, classes, err)
		}
	})
}
