package command

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"carekey/recovery/card"
	"carekey/ui/words"
)

// What a card has room for, in letters.
const (
	maxOf      = 60
	maxPurpose = 160
)

// cardFlags say where cards go and what stands on them.
type cardFlags struct {
	folder, pdf, paper string
	of, purpose        string
	qr, yes            bool
}

func (f *cardFlags) add(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.folder, "out", "", words.FlagSharesOut)
	fl.StringVar(&f.pdf, "pdf", "", words.FlagSharesPDF)
	fl.StringVar(&f.paper, "paper", "a4", words.FlagPaper)
	fl.StringVar(&f.of, "of", "", words.FlagOf)
	fl.StringVar(&f.purpose, "for", "", words.FlagFor)
	fl.BoolVar(&f.qr, "qr", false, words.FlagQR)
	fl.BoolVar(&f.yes, "yes", false, words.FlagShow)
	choices(cmd, "paper", paperNames)
}

var (
	paperNames = []string{"a4", "letter"}
	papers     = map[string]card.Paper{"a4": card.A4, "letter": card.Letter}
)

// joiners stand within names of many languages, and within pictures of people. On a
// card they are left out.
var joiners = strings.NewReplacer("\u200c", "", "\u200d", "")

// check looks at everything before anybody is asked for a secret.
func (f cardFlags) check() error {
	if _, known := papers[f.paper]; !known {
		return usageError{words.UnknownChoice(f.paper, paperNames)}
	}
	for _, n := range []struct {
		flag, text string
		most       int
	}{{"of", f.of, maxOf}, {"for", f.purpose, maxPurpose}} {
		if !words.IsText([]byte(joiners.Replace(n.text))) || utf8.RuneCountInString(n.text) > n.most {
			return usageError{words.NotAName(n.flag, n.most)}
		}
	}
	return unused(f.pdf)
}

// onScreen tells that cards go to standard output.
func (f cardFlags) onScreen() bool { return f.folder == "" && f.pdf == "" }

// written are the files that cards went into.
type written struct {
	files []string
	pdf   string
}

// remove takes back what was written.
func (w written) remove() error {
	var err error
	for _, file := range w.files {
		err = errors.Join(err, os.Remove(file))
	}
	return err
}

// handOut writes cards into files, or asks whether they may be shown. When one
// file cannot be written, none is left.
func (a *app) handOut(ctx context.Context, f cardFlags, cards []card.Card) (written, error) {
	if f.onScreen() {
		return written{}, a.mayShow(ctx, f.yes, words.SharesWarning(len(cards)), words.ShowShares)
	}
	out, err := f.write(cards)
	if err != nil {
		return written{}, errors.Join(err, out.remove())
	}
	return out, nil
}

func (f cardFlags) write(cards []card.Card) (out written, err error) {
	if f.folder != "" {
		if err := os.MkdirAll(f.folder, 0o700); err != nil {
			return out, err
		}
		for _, c := range cards {
			file := filepath.Join(f.folder, words.ShareFile(c.Share))
			if err := writeNew(file, func(w io.Writer) error { _, err := io.WriteString(w, c.Text()); return err }); err != nil {
				return out, err
			}
			out.files = append(out.files, file)
		}
	}
	if f.pdf != "" {
		if err := writeNew(f.pdf, func(w io.Writer) error { return card.WritePDF(w, papers[f.paper], cards...) }); err != nil {
			return out, err
		}
		out.pdf = f.pdf
	}
	return out, nil
}

// sayCards shows cards, or says where they are.
func (a *app) sayCards(f cardFlags, cards []card.Card, w written) {
	if !f.onScreen() {
		a.say(words.SharesWritten(w.files, w.pdf)...)
		return
	}
	for i, c := range cards {
		if i > 0 {
			a.say("")
		}
		a.say(strings.TrimSuffix(c.Text(), "\n"))
		if f.qr {
			a.draw(c)
		}
	}
	if isTerminal(a.streams.Out) {
		a.hint("", words.AfterShown)
	}
}

// draw draws the code to scan where it fits.
func (a *app) draw(c card.Card) {
	d := c.Draw()
	switch columns := a.columns(); {
	case columns == 0 || a.plain:
		a.hint(words.CodeNoRoom)
	case d.Width > columns:
		a.hint(words.CodeTooWide(d.Width, columns))
	default:
		a.say(append([]string{""}, d.Lines...)...)
	}
}

// columns are the screen's; 0 where there is none that can be drawn on.
func (a *app) columns() int {
	f, ok := a.streams.Out.(*os.File)
	if !ok || a.env("TERM") == "dumb" {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}
