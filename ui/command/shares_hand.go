package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"carekey/recovery"
	"carekey/recovery/card"
	"carekey/recovery/slip39"
	"carekey/ui"
	"carekey/ui/words"
)

// maxShareText is how much somebody can type for one share.
const maxShareText = 64 << 10

// given is a share that somebody handed in.
type given struct {
	share slip39.Share
	plan  *recovery.PlanID // nil if it does not say
	from  string           // the file; empty for typed ones
}

// hand are shares, in the order in which they came.
type hand []given

func (h hand) shares() []slip39.Share {
	shares := make([]slip39.Share, len(h))
	for i, g := range h {
		shares[i] = g.share
	}
	return shares
}

// names are what the shares are called where something is wrong with them.
func (h hand) names() []string {
	names := make([]string, len(h))
	for i, g := range h {
		if g.from != "" {
			names[i] = words.ShareIn(g.from)
		}
	}
	return names
}

// has tells whether this very share is there already.
func (h hand) has(s slip39.Share) bool {
	packed := s.Pack()
	defer clear(packed)
	for _, g := range h {
		other := g.share.Pack()
		same := bytes.Equal(packed, other)
		clear(other)
		if same {
			return true
		}
	}
	return false
}

// progress says what is missing; the error names shares that do not go together.
func (h hand) progress() (slip39.Progress, error) {
	p, err := slip39.Missing(h.shares())
	return p, words.ShareTrouble(err, h.names()...)
}

// fit tells whether the shares give what was split.
func (h hand) fit() error { return words.ShareTrouble(recovery.Fit(h.shares()), h.names()...) }

// once leaves out what is there again.
func (h hand) once() hand {
	var left hand
	for _, g := range h {
		if !left.has(g.share) {
			left = append(left, g)
		}
	}
	return left
}

func (h hand) wipe() {
	for _, g := range h {
		g.share.Wipe()
	}
}

// handIn takes shares from files, from standard input, or one at a time from a
// person. Files that hold none are named in the errors.
func (a *app) handIn(ctx context.Context, files []string, enough func(hand) bool) (hand, []error, error) {
	switch {
	case len(files) > 0:
		h, bad := readShares(ctx, files)
		return h, bad, ctx.Err()
	case isTerminal(a.streams.In):
		h, err := a.askShares(ctx, enough)
		if err == nil {
			a.asker.Forget() // what was pasted behind the last one is no passphrase, and nothing for the shell
		}
		return h, nil, err
	}
	h, err := slowly(ctx, func() (hand, error) { return readShare(ctx, a.streams.In, "") })
	return h, nil, words.ShareTrouble(err)
}

// readShares reads files, each of which may hold several shares.
func readShares(ctx context.Context, files []string) (h hand, bad []error) {
	for _, file := range files {
		more, err := slowly(ctx, func() (hand, error) { return openShare(ctx, file) })
		switch {
		case errors.Is(err, fs.ErrNotExist):
			bad = append(bad, noFile(file))
		case err != nil:
			bad = append(bad, words.ShareTroubleIn(file, err))
		}
		h = append(h, more...)
	}
	return h, bad
}

// noFile also finds who gave the words of a share in arguments.
func noFile(file string) error {
	if fields := slip39.Fields(file); len(fields) > 0 {
		if _, known := slip39.Word(fields[0]); known && !strings.ContainsAny(file, "./\\") {
			return usageError{words.ShareWord()}
		}
	}
	return fmt.Errorf("%w: %s", ui.ErrNotFound, file)
}

func openShare(ctx context.Context, file string) (hand, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, words.ErrFolder
	}
	return readShare(ctx, f, file)
}

// reason is what the system said, without the name, which is said anyway.
func reason(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func readShare(ctx context.Context, r io.Reader, from string) (hand, error) {
	readings, err := card.Read(ctx, r)
	if err != nil {
		return nil, reason(err)
	}
	return handOf(readings, from), nil
}

func handOf(readings []card.Reading, from string) hand {
	h := make(hand, len(readings))
	for i, r := range readings {
		h[i] = given{r.Share, r.Plan, from}
	}
	return h
}

// askShares asks for shares one at a time, until they are enough, or, where
// nothing is ever enough, until an empty line. The end of the input ends it, too.
func (a *app) askShares(ctx context.Context, enough func(hand) bool) (hand, error) {
	a.hint(words.SharesHow(enough == nil)...)
	var h hand
	for {
		text, err := a.shareText(ctx, h)
		switch {
		case errors.Is(err, ui.ErrDeclined), err == nil && text == "" && enough == nil:
			return h, nil
		case err != nil:
			return h, err
		case text == "":
			continue
		}
		h = a.take(h, text)
		if enough != nil && enough(h) {
			return h, nil
		}
	}
}

// shareText reads lines up to an empty one; within a whole card that was pasted, up
// to two.
func (a *app) shareText(ctx context.Context, h hand) (string, error) {
	var text strings.Builder
	prompt := words.ShareNext
	if len(h) == 0 {
		prompt = words.ShareFirst
	}
	empty := false
	for text.Len() < maxShareText {
		line, err := a.asker.Line(ctx, prompt)
		if errors.Is(err, ui.ErrDeclined) && text.Len() > 0 {
			break
		}
		if err != nil {
			return "", err
		}
		blank := strings.TrimSpace(line) == ""
		if blank && (empty || !card.IsBrokenOff(text.String())) {
			break
		}
		empty = blank
		text.WriteString(line + "\n")
		prompt = words.ShareMore
	}
	return text.String(), nil
}

// take adds what was typed, if it goes with what is there, and says either way
// how things are.
func (a *app) take(h hand, text string) hand {
	readings, err := card.ReadText(text)
	if errors.Is(err, card.ErrNoShare) {
		a.hint(words.NoShareWords)
		return h
	}
	if err != nil {
		a.hint(words.Complaint(words.ShareTrouble(err)), words.ShareAgain)
		return h
	}
	for _, g := range handOf(readings, "") {
		if h.has(g.share) {
			a.hint(words.ShareOnceAgain)
			continue
		}
		more := h.with(g)
		p, err := slip39.Missing(more.shares())
		var conflict *slip39.ConflictError
		if errors.As(err, &conflict) {
			a.hint(words.Complaint(words.ShareTrouble(err, h.called()...)), words.ShareReplaced)
			more = slices.Delete(more, conflict.First, conflict.First+1)
			p, err = slip39.Missing(more.shares())
		}
		if err != nil {
			a.hint(words.Complaint(words.ShareTrouble(err, h.called()...)), words.ShareAgain)
			continue
		}
		a.hint(words.ShareTaken(g.share, p))
		h = more
	}
	return h
}

// called are the shares of a person who gives one more.
func (h hand) called() []string {
	names := make([]string, 0, len(h)+1)
	for _, g := range h {
		names = append(names, words.ShareName(g.share))
	}
	return append(names, words.ThisShare)
}

// with is a hand with one more share; h stays as it is.
func (h hand) with(g given) hand { return append(slices.Clone(h), g) }
