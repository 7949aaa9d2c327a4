// Package ask puts questions to a person line by line. Nobody is ever taken to
// have said yes: an empty line, anything but the word, and the end of the input
// all mean no.
package ask

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"carekey/ui"
	"carekey/ui/words"
)

// maxLine bounds one line of input: an invitation with room to spare.
const maxLine = 64 << 10

// ErrTooLong means that a line has more than 64 KiB.
var ErrTooLong = errors.New("the line is too long")

// Asker reads answers from one input and writes questions to one output.
type Asker struct {
	in   *bufio.Reader
	file *os.File // the input, when it is a terminal
	out  io.Writer
}

// New makes an asker. A terminal as input does not show passphrases.
func New(in io.Reader, out io.Writer) *Asker {
	a := &Asker{in: bufio.NewReaderSize(in, 4096), out: out}
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		a.file = f
	}
	return a
}

// Forget drops what was typed or pasted at a terminal before a question stood there.
// Lines of a file or of another program stay.
func (a *Asker) Forget() {
	if a.file != nil {
		forget(a.file)
	}
}

// Line asks for a line. At the end of the input it returns [ui.ErrDeclined].
func (a *Asker) Line(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(a.out, prompt)
	line, err := wait(ctx, a.read)
	if err != nil {
		fmt.Fprintln(a.out) // what comes next begins on a line of its own
	}
	return string(line), err
}

// Yes asks a question; only the whole word yes, or y, is a yes.
func (a *Asker) Yes(ctx context.Context, question string) (bool, error) {
	answer, err := a.Line(ctx, question+" "+words.YesNo+" ")
	if errors.Is(err, ui.ErrDeclined) {
		return false, nil
	}
	return words.IsYes(answer), err
}

// Secret asks for a passphrase. On a terminal it is not shown; otherwise it is
// the next line of the input.
func (a *Asker) Secret(ctx context.Context, prompt string) ([]byte, error) {
	fmt.Fprint(a.out, prompt)
	if a.file == nil {
		return wait(ctx, a.read)
	}
	fd := int(a.file.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fmt.Errorf("the terminal does not say how it is set: %w", err)
	}
	secret, err := wait(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	fmt.Fprintln(a.out)
	if ctx.Err() != nil {
		_ = term.Restore(fd, before) // letters show again; there is nobody left to tell if not
	}
	if errors.Is(err, io.EOF) {
		return nil, ui.ErrDeclined
	}
	return secret, err
}

// MinPassphrase is the fewest characters of a new passphrase, as the files that
// it seals want them.
const MinPassphrase = 12

// NewSecret asks for a new passphrase until it is long enough and was typed
// twice alike.
func (a *Asker) NewSecret(ctx context.Context, prompt string) ([]byte, error) {
	for {
		first, err := a.Secret(ctx, prompt)
		if err != nil {
			return nil, err
		}
		if len([]rune(string(first))) < MinPassphrase {
			fmt.Fprintln(a.out, words.PassphraseShort(MinPassphrase))
			continue
		}
		second, err := a.Secret(ctx, words.PassphraseAgain)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(first, second) {
			return first, nil
		}
		fmt.Fprintln(a.out, words.PassphraseDiffers)
	}
}

// Ends tells whether nothing but empty lines comes any more. It waits for the end
// of the input, and takes the line that is not empty.
func (a *Asker) Ends(ctx context.Context) (bool, error) {
	for {
		line, err := wait(ctx, a.read)
		switch {
		case errors.Is(err, ui.ErrDeclined):
			return true, nil
		case err != nil:
			return false, err
		case len(bytes.TrimSpace(line)) > 0:
			clear(line)
			return false, nil
		}
	}
}

// read takes one line, without its end.
func (a *Asker) read() ([]byte, error) {
	var line []byte
	for {
		part, more, err := a.in.ReadLine()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, ui.ErrDeclined
			}
			return nil, err
		}
		if len(line)+len(part) > maxLine {
			return nil, ErrTooLong
		}
		line = append(line, part...)
		if !more {
			return bytes.TrimSuffix(line, []byte("\r")), nil
		}
	}
}

// wait reads until the context ends; a read that goes on then is abandoned with
// the program.
func wait(ctx context.Context, read func() ([]byte, error)) ([]byte, error) {
	type result struct {
		line []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		return r.line, r.err
	}
}
