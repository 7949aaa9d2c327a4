package words

import (
	"errors"
	"fmt"
	"strings"

	"carekey/recovery/card"
	"carekey/recovery/slip39"
)

// shareTrouble is an error with the words for it in place of its own.
type shareTrouble struct {
	text  string
	cause error
}

func (e shareTrouble) Error() string { return e.text }
func (e shareTrouble) Unwrap() error { return e.cause }

// ShareTrouble says in one sentence what is wrong with shares; from are names for
// them, in the order in which they were put together.
func ShareTrouble(err error, from ...string) error {
	if text := shareSentence(err, from); text != "" {
		return shareTrouble{text, err}
	}
	return err
}

// ShareTroubleIn is [ShareTrouble] for what one file, or one answer, holds.
func ShareTroubleIn(from string, err error) error {
	text := shareSentence(err, nil)
	if text == "" {
		text = err.Error()
	}
	return shareTrouble{"the file " + Clean(from) + ": " + text, err}
}

// AllTrouble tells others in the sentence of an error, which stays what it is.
func AllTrouble(err error, others []error) error {
	if len(others) == 0 {
		return err
	}
	text := err.Error()
	for _, other := range others {
		text += "; " + other.Error()
	}
	return shareTrouble{text, err}
}

// shareSentence is empty for what is no error of shares.
func shareSentence(err error, from []string) string {
	var (
		word     *slip39.WordError
		length   *slip39.LengthError
		shape    *slip39.ShapeError
		set      *slip39.SetError
		conflict *slip39.ConflictError
		missing  *slip39.MissingError
		scheme   *slip39.SchemeError
		several  *card.ShareError
	)
	if errors.As(err, &several) {
		return fmt.Sprintf("share no. %d in it: %s", several.Place, shareSentence(several.Err, nil))
	}
	for _, known := range shareSentences {
		if errors.Is(err, known.kind) {
			return known.text
		}
	}
	switch {
	case errors.As(err, &word):
		return wrongWord(word)
	case errors.As(err, &length):
		return wrongLength(length)
	case errors.As(err, &set):
		return fmt.Sprintf("%s belongs to another secret than %s: they were not split together", place(from, set.Other), place(from, set.First))
	case errors.As(err, &conflict):
		return fmt.Sprintf("%s and %s say to be the same share and have other words: one of them is not genuine", place(from, conflict.First), place(from, conflict.Other))
	case errors.As(err, &missing):
		return "this is not enough yet: " + strings.TrimSuffix(uncapital(SharesMissing(missing.Progress)), ".")
	case errors.As(err, &scheme):
		return "a secret cannot be split like this: " + scheme.Reason
	case errors.As(err, &shape), errors.Is(err, slip39.ErrPadding):
		return "the words fit together and yet are no share: the program that made them did not follow SLIP-0039"
	}
	return ""
}

var shareSentences = []struct {
	kind error
	text string
}{
	{slip39.ErrChecksum, "each word is right by itself, but they do not fit together: one was taken for another, one is missing, or two are in each other's place; compare them with the card"},
	{slip39.ErrDigest, "these shares do not give what was split: at least one of them is not genuine; with one more share of the set it may work"},
	{slip39.ErrAmbiguous, "some of these shares give one secret and some another: at least one of them is not genuine; leave out those that you are not sure of"},
	{slip39.ErrNotAllowed, "this computer is set up to allow no cryptography but what FIPS 140 approves, and SLIP-0039 needs some that it does not"},
	{slip39.ErrPassphrase, "a passphrase for shares can only have letters without accents, digits, spaces and the usual signs"},
	{card.ErrTooLarge, "it is too large to be read: a picture can have 32 MB and 60 million points, a text 32 KB"},
	{card.ErrNotAnImage, "the picture cannot be read: it must be a JPEG or PNG file, and whole"},
	{card.ErrNotText, "it is neither text with the words of a share nor a picture (PNG or JPEG)"},
	{card.ErrPDF, "it is a PDF file, which cannot be read: give a photograph of the printed card, or type the words"},
	{card.ErrNoShare, "there are no words of a share in it, which are 20 or 33 English ones from a list of their own"},
	{card.ErrEmpty, "it is empty"},
	{card.ErrNoQR, "no code to scan was found in the picture: take it again, closer and in better light, or type the words"},
	{card.ErrNoCode, "the code in it is not one of a card with a share"},
}

func wrongWord(e *slip39.WordError) string {
	s := fmt.Sprintf("word %d, %q, is not one of those that shares are made of", e.Place, cut(e.Word))
	switch n := len(e.Near); n {
	case 0:
		return s + "; they are English, and at least four letters of each are needed"
	case 1:
		return s + "; is it " + e.Near[0] + "?"
	default:
		return s + "; is it " + strings.Join(e.Near[:n-1], ", ") + " or " + e.Near[n-1] + "?"
	}
}

// cut keeps a long word from filling the screen.
func cut(word string) string {
	const most = 20
	if letters := []rune(Clean(word)); len(letters) > most {
		return string(letters[:most]) + "…"
	}
	return Clean(word)
}

func wrongLength(e *slip39.LengthError) string {
	if e.Words == 0 {
		return "there are no words of a share in it"
	}
	return fmt.Sprintf("a share has 20 words, or 33 for a longer secret, and this has %d: see whether one is missing or there twice", e.Words)
}

// place is a name for a share.
func place(from []string, i int) string {
	if i < len(from) && from[i] != "" {
		return Clean(from[i])
	}
	return fmt.Sprintf("share no. %d", i+1)
}

// ShareIn names a share by its file.
func ShareIn(file string) string { return "the share in " + file }

// ThisShare is the one that was given just now.
const ThisShare = "this share"

func uncapital(s string) string {
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return s
	}
	return string(s[0]-'A'+'a') + s[1:]
}

// The mistakes that the shares' command lines can have.
var (
	ErrHowMany       = errors.New("say how many shares there shall be and how many of them are needed, as in: --shares 5 --needed 3")
	ErrSharesOrGroup = errors.New("--group says how many shares there are in each circle, so --shares and --needed do not go with it")
	ErrGroupsNeeded  = errors.New("say with --groups-needed how many of the groups are needed")
	ErrGroupsAlone   = errors.New("--groups-needed goes with --group, once for each group")
	ErrBits          = errors.New("a new secret has --bits 128 or --bits 256")
	ErrBitsAlone     = errors.New("--bits says how long a new secret is, so it goes with --new")
	ErrNewText       = errors.New("a new secret is random and no text: --new and --text do not go together")
	ErrSlower        = errors.New("--exponent is a number from 0 to 15")
	ErrOneLine       = errors.New("the secret must stand on one line, and nothing after it; nothing was split")
	ErrPhraseInPipe  = errors.New("the passphrase cannot come on the input that the shares come on: name the files of the shares, then it is asked for")
	ErrNotHex        = errors.New("the secret is not in hexadecimal, which has the digits 0 to 9 and a to f, two for each byte; for a text say --text")
	ErrNotText       = errors.New("the secret is not a text that can be shown: leave --text out to have it in hexadecimal")
	ErrTextSigns     = errors.New("a secret text is one line of letters, digits and signs; this has others that cannot be shown")
	ErrPlan          = errors.New("the number of a plan has 32 digits, 0 to 9 and a to f; on a card it stands in full at the end")
	ErrFolder        = errors.New("it is a folder; name the files in it")
)

// NotAName says what can stand on a card.
func NotAName(flag string, most int) error {
	return fmt.Errorf("--%s can have up to %d letters, without line breaks and other signs that cannot be printed", flag, most)
}

// NotAGroup says what a circle looks like.
func NotAGroup(text string) error {
	return fmt.Errorf("%q is no group; write it like 2of3: two of three members are needed", Clean(text))
}

// SecretDigits says how many digits a secret may have.
func SecretDigits(n int) error {
	return fmt.Errorf("a secret has %d to %d digits, four by four; this one has %d", 2*slip39.MinSecretBytes, 2*slip39.MaxSecretBytes, n)
}

// SecretTextLength says how long a text may be, and what to do.
func SecretTextLength(bytes int) error {
	const least, most = slip39.MinSecretBytes, slip39.MaxSecretBytes
	switch {
	case bytes > most:
		return fmt.Errorf("a text can have up to %d bytes, and this one has %d: encrypt it, say with age, under a passphrase that you then split", most, bytes)
	case bytes < least:
		return fmt.Errorf("a text needs at least %d bytes, and this one has %d: make it longer", least, bytes)
	}
	return fmt.Errorf("a text needs an even number of bytes, and this one has %d: add one sign at its end, such as a full stop", bytes)
}

// ShareFileExists says that no other file gives way.
func ShareFileExists(file string, kind error) error {
	return fmt.Errorf("%w: %s. No file is ever replaced; choose another name", kind, Clean(file))
}

// ShareWord says that somebody gave a share in arguments.
func ShareWord() error {
	return errors.New("the words of a share are never arguments, since those stay in your shell's history: call the command without them, and type them when you are asked")
}
