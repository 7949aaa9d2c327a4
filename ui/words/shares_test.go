package words

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"carekey/recovery/card"
	"carekey/recovery/slip39"
)

func TestSharesMissing(t *testing.T) {
	group := func(g, have, need int) slip39.GroupProgress {
		return slip39.GroupProgress{Group: g, Have: have, Need: need}
	}
	for _, c := range []struct {
		progress slip39.Progress
		want     string
	}{
		{slip39.Progress{}, "There is no share yet."},
		{slip39.Progress{GroupThreshold: 1, Groups: 1, Begun: []slip39.GroupProgress{group(0, 1, 2)}}, "1 more share is needed."},
		{slip39.Progress{GroupThreshold: 1, Groups: 1, Begun: []slip39.GroupProgress{group(0, 1, 3)}}, "2 more shares are needed."},
		{slip39.Progress{GroupThreshold: 1, Groups: 1, Begun: []slip39.GroupProgress{group(0, 3, 3)}}, "That is enough."},
		{slip39.Progress{GroupThreshold: 2, Groups: 3, Begun: []slip39.GroupProgress{group(0, 1, 2)}},
			"2 complete groups are needed; group 1 lacks 1 share; of 1 more group there is no share yet."},
		{slip39.Progress{GroupThreshold: 2, Groups: 4, Begun: []slip39.GroupProgress{group(0, 2, 2), group(1, 1, 3), group(3, 1, 2)}},
			"Of 2 groups that are needed, 1 is complete; group 2 lacks 2 shares; group 4 lacks 1 share."},
		{slip39.Progress{GroupThreshold: 1, Groups: 2, Begun: []slip39.GroupProgress{group(1, 0, 2)}},
			"1 complete group is needed; group 2 lacks 2 shares."},
		{slip39.Progress{GroupThreshold: 3, Groups: 4, Begun: []slip39.GroupProgress{group(0, 2, 2)}},
			"Of 3 groups that are needed, 1 is complete; of 2 more groups there is no share yet."},
	} {
		if got := SharesMissing(c.progress); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

// TestShareTroubleIsOneSentence: each error of shares has words of its own, and
// stays what it is.
func TestShareTroubleIsOneSentence(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&slip39.WordError{Place: 3, Word: "acadxmic", Near: []string{"academic"}}, `word 3, "acadxmic", is not one of those that shares are made of; is it academic?`},
		{&slip39.WordError{Place: 3, Word: "aci", Near: []string{"acid", "acne", "axis"}}, "is it acid, acne or axis?"},
		{&slip39.WordError{Place: 1, Word: "ﬁ\u202e\x1b[2Jxyz"}, `word 1, "ﬁxyz", is not`},
		{&slip39.WordError{Place: 1, Word: strings.Repeat("x", 4000)}, "xxxxxxxxxxxxxxxxxxxx…"},
		{&slip39.LengthError{Words: 19}, "this has 19"},
		{&slip39.LengthError{}, "there are no words of a share in it"},
		{slip39.ErrChecksum, "two are in each other's place"},
		{slip39.ErrPadding, "did not follow SLIP-0039"},
		{&slip39.ShapeError{}, "did not follow SLIP-0039"},
		{&slip39.SetError{First: 0, Other: 1, Difference: slip39.DifferentExponent}, "the share in b.jpg belongs to another secret than share no. 1"},
		{&slip39.ConflictError{First: 0, Other: 1}, "share no. 1 and the share in b.jpg say to be the same share"},
		{&slip39.MissingError{}, "this is not enough yet: there is no share yet"},
		{&slip39.SchemeError{Reason: "3 of 2 members"}, "3 of 2 members"},
		{slip39.ErrDigest, "not genuine"},
		{slip39.ErrAmbiguous, "some another"},
		{fmt.Errorf("%w: salt", slip39.ErrNotAllowed), "FIPS 140"},
		{slip39.ErrPassphrase, "without accents"},
		{card.ErrTooLarge, "too large"},
		{card.ErrNotAnImage, "and whole"},
		{card.ErrNotText, "neither text"},
		{card.ErrPDF, "a PDF file"},
		{card.ErrNoShare, "no words of a share"},
		{card.ErrEmpty, "it is empty"},
		{&card.ShareError{Place: 2, Err: slip39.ErrChecksum}, "share no. 2 in it: each word is right"},
		{&card.ShareError{Place: 2, Err: &slip39.WordError{Place: 3, Word: "acadxmic"}}, `share no. 2 in it: word 3, "acadxmic"`},
		{card.ErrNoQR, "take it again"},
		{fmt.Errorf("%w: %w", card.ErrNoCode, &slip39.LengthError{Bytes: 3}), "the code in it is not one of a card"},
	} {
		got := ShareTrouble(c.err, "", ShareIn("b.jpg"))
		if !strings.Contains(got.Error(), c.want) || strings.ContainsAny(got.Error(), "\n\x1b") || len(got.Error()) > 220 {
			t.Errorf("%v is said as %q", c.err, got)
		}
		if !errors.Is(got, c.err) {
			t.Errorf("%q is no longer %v", got, c.err)
		}
		if innards.MatchString(got.Error()) {
			t.Errorf("%q says how it works inside", got)
		}
		if in := ShareTroubleIn("a\x1b[31m.txt", c.err); !strings.HasPrefix(in.Error(), "the file a.txt: ") || !errors.Is(in, c.err) {
			t.Errorf("in a file: %q", in)
		}
	}
	other := errors.New("the disk is full")
	if got := ShareTrouble(other); got.Error() != other.Error() {
		t.Errorf("got %v", got)
	}
	if got := ShareTrouble(nil); got != nil {
		t.Errorf("got %v", got)
	}
}

func TestIsText(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "open the red box": true, "größer 李": true, "a\nb": false, "a\x1b[2J": false, "a\u009b": false, "\u202eb": false, "\xff": false, "a\u200bb": false,
	} {
		if got := IsText([]byte(text)); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestSecretTextLength(t *testing.T) {
	for n, want := range map[int]string{15: "make it longer", 0: "make it longer", 17: "add one sign", 65: "encrypt it", 66: "encrypt it"} {
		if got := SecretTextLength(n).Error(); !strings.Contains(got, want) {
			t.Errorf("%d: %s", n, got)
		}
	}
}
