package slip39

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// envMutant is the environment variable that takes one check away, in a test
// binary that was built for that.
const envMutant = "SLIP39_MUTANT"

// mutant is a check that is taken away, and the test that must fail then.
type mutant struct {
	file, check string // OFF in without is true where the check is away
	without     string
	test        string
}

// mutants are all checks that the package makes.
var mutants = []mutant{
	{"scheme.go", "case n < MinSecretBytes ||", "case !OFF && n < MinSecretBytes || !OFF && ", "TestSchemesThatCannotBe"},
	{"scheme.go", "n > MaxSecretBytes ||", "!OFF && n > MaxSecretBytes ||", "TestSchemesThatCannotBe"},
	{"scheme.go", "n%2 != 0:", "!OFF && n%2 != 0:", "TestSchemesThatCannotBe"},
	{"scheme.go", "len(s.Groups) > maxCount:", "!OFF && len(s.Groups) > maxCount:", "TestSchemesThatCannotBe"},
	{"scheme.go", "s.GroupThreshold < 1 ||", "!OFF && s.GroupThreshold < 1 ||", "TestSchemesThatCannotBe"},
	{"scheme.go", "s.GroupThreshold > len(s.Groups):", "!OFF && s.GroupThreshold > len(s.Groups):", "TestSchemesThatCannotBe"},
	{"scheme.go", "case s.Exponent < 0 ||", "case !OFF && s.Exponent < 0 ||", "TestSchemesThatCannotBe"},
	{"scheme.go", "s.Exponent > MaxExponent:", "!OFF && s.Exponent > MaxExponent:", "TestSchemesThatCannotBe"},
	{"scheme.go", "g.Members > maxCount:", "!OFF && g.Members > maxCount:", "TestSchemesThatCannotBe"},
	{"scheme.go", "g.Threshold < 1 ||", "!OFF && g.Threshold < 1 ||", "TestSchemesThatCannotBe"},
	{"scheme.go", "g.Threshold > g.Members:", "!OFF && g.Threshold > g.Members:", "TestSchemesThatCannotBe"},
	{"scheme.go", "g.Threshold == 1 && g.Members > 1:", "!OFF && g.Threshold == 1 && g.Members > 1:", "TestSchemesThatCannotBe"},
	{"scheme.go", "return checkPassphrase(s.Passphrase)", "if OFF { return nil }; return checkPassphrase(s.Passphrase)", "TestPassphrase"},
	{"scheme.go", "if c < ' ' ||", "if !OFF && c < ' ' ||", "TestPassphrase"},
	{"scheme.go", "c > '~' {", "!OFF && c > '~' {", "TestPassphrase"},
	{"sharing.go", "if _, err := io.ReadFull(random, b); err != nil {", "if _, err := io.ReadFull(random, b); !OFF && err != nil {", "TestRandomNumbersFail"},
	{"sharing.go", "!= 1 {\n\t\tclear(secret)", "!= 1 && !OFF {\n\t\tclear(secret)", "TestAltered"},
	{"sharing.go", "ConstantTimeCompare(d[:digestBytes], digest(d[digestBytes:], secret))", "ConstantTimeCompare(only(d), only(digest(d[digestBytes:], secret)))", "TestDigestIsComparedWhole"},
	{"parse.go", "case n < MinSecretBytes ||", "case !OFF && n < MinSecretBytes ||", "TestLengths"},
	{"parse.go", "n > MaxSecretBytes ||", "!OFF && n > MaxSecretBytes ||", "TestLengths"},
	{"parse.go", "wordsOf(n) != len(symbols):", "!OFF && wordsOf(n) != len(symbols):", "TestLengths"},
	{"parse.go", "if len(text) > maxText {", "if !OFF && len(text) > maxText {", "TestLengths"},
	{"parse.go", "case !valid(symbols):", "case !OFF && !valid(symbols):", "TestOneWrongWord"},
	{"parse.go", "polymod(symbols[1]>>4&1 == 1, symbols)", "polymod(OFF || symbols[1]>>4&1 == 1, symbols)", "TestOwnVectors"},
	{"parse.go", "if symbols[headerWords]>>(wordBits-padding) != 0 {", "if !OFF && symbols[headerWords]>>(wordBits-padding) != 0 {", "TestOwnVectors"},
	{"parse.go", "if !known {", "if !OFF && !known {", "TestWrongWords"},
	{"words.go", "if len(word) < shortest {", "if !OFF && len(word) < shortest {", "TestWrongWords"},
	{"words.go", "!strings.HasPrefix(wordAt(uint16(n)), word)", "!OFF && !strings.HasPrefix(wordAt(uint16(n)), word)", "TestWrongWords"},
	{"share.go", "beyond(s.GroupThreshold, 1, s.Groups)", "!OFF && beyond(s.GroupThreshold, 1, s.Groups)", "TestOwnVectors"},
	{"share.go", "beyond(s.Group, 0, s.Groups-1)", "!OFF && beyond(s.Group, 0, s.Groups-1)", "TestOwnVectors"},
	{"share.go", "if s.ID > maxID ||", "if !OFF && s.ID > maxID ||", "TestSharesThatCannotBe"},
	{"share.go", "beyond(s.Exponent, 0, MaxExponent)", "!OFF && beyond(s.Exponent, 0, MaxExponent)", "TestSharesThatCannotBe"},
	{"share.go", "beyond(s.Groups, 1, maxCount)", "!OFF && beyond(s.Groups, 1, maxCount)", "TestSharesThatCannotBe"},
	{"share.go", "beyond(s.Member, 0, maxCount-1)", "!OFF && beyond(s.Member, 0, maxCount-1)", "TestSharesThatCannotBe"},
	{"share.go", "beyond(s.Threshold, 1, maxCount)", "!OFF && beyond(s.Threshold, 1, maxCount)", "TestSharesThatCannotBe"},
	{"share.go", "if s.blank() {", "if !OFF && s.blank() {", "TestSharesThatCannotBe"},
	{"combine.go", "if err := s.Check(); err != nil {", "if err := s.Check(); !OFF && err != nil {", "TestSharesThatCannotBe"},
	{"combine.go", "return fit == 1", "return OFF || fit == 1", "TestTwoSecrets"},
	{"combine.go", "if subtle.ConstantTimeCompare(found, secret) != 1 {", "if !OFF && subtle.ConstantTimeCompare(found, secret) != 1 {", "TestTwoSecrets"},
	{"combine.go", "case errors.Is(err, ErrAmbiguous):", "case !OFF && errors.Is(err, ErrAmbiguous):", "TestAGroupOfTwoSecrets"},
	{"share.go", "if n < MinSecretBytes ||", "if !OFF && n < MinSecretBytes ||", "TestUnpackLengths"},
	{"share.go", "n > MaxSecretBytes ||", "!OFF && n > MaxSecretBytes ||", "TestUnpackLengths"},
	{"share.go", "n%2 != 0 {", "!OFF && n%2 != 0 {", "TestUnpackLengths"},
	{"combine.go", "if err := checkPassphrase(passphrase); err != nil {", "if err := checkPassphrase(passphrase); !OFF && err != nil {", "TestPassphrase"},
	{"combine.go", "!p.Done() {", "!OFF && !p.Done() {", "TestFewerDoNot"},
	{"combine.go", "case s.ID != other.ID:", "case !OFF && s.ID != other.ID:", "TestOwnVectors"},
	{"combine.go", "case s.Extendable != other.Extendable:", "case !OFF && s.Extendable != other.Extendable:", "TestOwnVectors"},
	{"combine.go", "case s.Exponent != other.Exponent:", "case !OFF && s.Exponent != other.Exponent:", "TestOwnVectors"},
	{"combine.go", "case s.GroupThreshold != other.GroupThreshold:", "case !OFF && s.GroupThreshold != other.GroupThreshold:", "TestOwnVectors"},
	{"combine.go", "case s.Groups != other.Groups:", "case !OFF && s.Groups != other.Groups:", "TestOwnVectors"},
	{"combine.go", "case len(s.value) != len(other.value):", "case !OFF && len(s.value) != len(other.value):", "TestOwnVectors"},
	{"combine.go", "if m.threshold != s.Threshold {", "if !OFF && m.threshold != s.Threshold {", "TestOwnVectors"},
	{"combine.go", "if subtle.ConstantTimeCompare(known.y, s.value) != 1 {", "if !OFF && subtle.ConstantTimeCompare(known.y, s.value) != 1 {", "TestOwnVectors"},
	{"combine.go", "if known.x != byte(s.Member) {", "if OFF || known.x != byte(s.Member) {", "TestOwnVectors"},
	{"combine.go", "if len(points) < c.common.GroupThreshold {", "if !OFF && len(points) < c.common.GroupThreshold {", "TestGroupsThatAreNotGenuine"},
	{"combine.go", "if subtle.ConstantTimeCompare(points[0].y, p.y) != 1 {", "if !OFF && subtle.ConstantTimeCompare(points[0].y, p.y) != 1 {", "TestGroupsThatDisagree"},
	{"combine.go", "more = nextChoice(choice, len(points)) {", "more = !OFF && nextChoice(choice, len(points)) {", "TestAltered"},
}

// TestEveryCheckIsNeeded takes each check away, one at a time: a named test must
// see it.
func TestEveryCheckIsNeeded(t *testing.T) {
	if os.Getenv(envMutant) != "" {
		return // in the binary below
	}
	binary := buildMutants(t)
	if out, err := runMutant(binary, "none", "."); err != nil {
		t.Fatalf("with every check in place: %v\n%s", err, out)
	}
	for i, m := range mutants {
		t.Run(m.test+"/"+m.check, func(t *testing.T) {
			t.Parallel()
			out, err := runMutant(binary, strconv.Itoa(i), "^"+m.test+"$")
			if err == nil {
				t.Errorf("%s: without %q %s passes", m.file, m.check, m.test)
			} else if !strings.Contains(string(out), "--- FAIL: "+m.test) && !strings.Contains(string(out), "panic:") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func runMutant(binary, which, test string) ([]byte, error) {
	cmd := exec.Command(binary, "-test.run", test, "-test.timeout=60s", "-rapid.nofailfile", "-rapid.checks=50")
	cmd.Env = append(os.Environ(), envMutant+"="+which)
	return cmd.CombinedOutput()
}

// buildMutants builds this package's tests so that the environment takes a check
// away.
func buildMutants(t *testing.T) string {
	t.Helper()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	texts := map[string]string{"mutant.go": `package slip39

import "os"

func off(which string) bool { return os.Getenv("` + envMutant + `") == which }

func only(b []byte) []byte {
	if off("` + strconv.Itoa(digestMutant(t)) + `") {
		return b[:1]
	}
	return b[:digestBytes]
}
`}
	for i, m := range mutants {
		text, ok := texts[m.file]
		if !ok {
			b, err := os.ReadFile(m.file)
			if err != nil {
				t.Fatal(err)
			}
			text = string(b)
		}
		if strings.Count(text, m.check) != 1 {
			t.Fatalf("%s has %q %d times, want once", m.file, m.check, strings.Count(text, m.check))
		}
		without := strings.ReplaceAll(m.without, "OFF", "off(\""+strconv.Itoa(i)+"\")")
		texts[m.file] = strings.Replace(text, m.check, without, 1)
	}
	replace := map[string]string{}
	for name, text := range texts {
		at := filepath.Join(dir, name)
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, name)] = at
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "slip39.test")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "test", "-c", "-overlay", list, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// digestMutant is the one that compares less of the digest.
func digestMutant(t *testing.T) int {
	for i, m := range mutants {
		if strings.Contains(m.without, "only(") {
			return i
		}
	}
	t.Fatal("there is none")
	return 0
}
