package screen

import (
	"context"
	"io"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/ui"
)

// framesPerSecond is the most that Bubble Tea draws; at 120 a key is on the
// screen within 10 ms.
const framesPerSecond = 120

// Run shows the wallet on a full terminal until the person leaves or the
// context ends, which is also how signals end it. The wallet's text must be
// clean.
func Run(ctx context.Context, w ui.Wallet, in io.Reader, out io.Writer, env []string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := tea.NewProgram(New(ctx, w, time.Now()), tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out),
		tea.WithEnvironment(env), tea.WithFPS(framesPerSecond), tea.WithoutSignalHandler())
	if _, err := p.Run(); err != nil {
		return err
	}
	w.Looked()
	return nil
}
