package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"carekey/ui"
	"carekey/ui/ask"
	"carekey/ui/plain"
	"carekey/ui/safe"
	"carekey/ui/screen"
	"carekey/ui/words"
	"carekey/wallet"
)

// refreshFor bounds the check that a command makes before it answers.
const refreshFor = 10 * time.Second

// Streams are what the program reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
	Env      []string
	Now      func() time.Time
}

// app is one run of the program.
type app struct {
	roles   ui.Roles
	streams Streams
	asker   *ask.Asker

	// flags that every command has
	profile string
	json    bool
	plain   bool

	failed error // of the command that ran
	unsaid error // why an answer, or the end of one, could not be written
}

func newApp(roles ui.Roles, s Streams) *app {
	return &app{roles: roles, streams: s, asker: ask.New(s.In, s.Err)}
}

// say writes lines for a person. What cannot be written fails the whole run: a
// card that went nowhere must not look as if it had been handed out.
func (a *app) say(lines ...string) {
	for _, l := range lines {
		if _, err := fmt.Fprintln(a.streams.Out, l); err != nil && a.unsaid == nil {
			a.unsaid = err
		}
	}
}

// hint writes lines that are no part of the answer.
func (a *app) hint(lines ...string) {
	for _, l := range lines {
		fmt.Fprintln(a.streams.Err, l)
	}
}

// print writes a value as JSON, or says it in words.
func (a *app) print(v any, inWords func()) error {
	if !a.json {
		inWords()
		return nil
	}
	enc := json.NewEncoder(a.streams.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// fullScreen tells whether screens can be shown.
func (a *app) fullScreen() bool {
	return !a.plain && isTerminal(a.streams.In) && isTerminal(a.streams.Out) && a.env("TERM") != "dumb"
}

func (a *app) env(name string) string {
	for _, e := range a.streams.Env {
		if len(e) > len(name) && e[:len(name)] == name && e[len(name)] == '=' {
			return e[len(name)+1:]
		}
	}
	return ""
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) passphrase(prompt string) ui.Ask {
	return func(ctx context.Context) ([]byte, error) { return a.asker.Secret(ctx, prompt) }
}

func (a *app) openOptions() ui.OpenOptions {
	return ui.OpenOptions{Profile: a.profile, Passphrase: a.passphrase(words.Passphrase)}
}

// open unlocks the wallet; its text is clean from here on.
func (a *app) open(ctx context.Context) (ui.Opened, error) {
	opened, err := a.roles.Wallets.Open(ctx, a.openOptions())
	if errors.Is(err, ui.ErrNotFound) {
		return ui.Opened{}, a.noWallet()
	}
	if err != nil {
		return ui.Opened{}, err
	}
	opened.Wallet = safe.Wallet(opened.Wallet)
	return opened, nil
}

func (a *app) noWallet() error { return fmt.Errorf("%w: %s", ui.ErrNoWallet, a.profile) }

// with runs a command's work over the opened wallet.
func (a *app) with(ctx context.Context, work func(ui.Wallet) error) error {
	opened, err := a.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(work(opened.Wallet), opened.Close())
}

// checked runs a command's work after a check with the institutions. A check
// that does not finish is said; the proof line tells how old things are.
func (a *app) checked(ctx context.Context, work func(ui.Wallet, wallet.Snapshot) error) error {
	return a.with(ctx, func(w ui.Wallet) error {
		limited, cancel := context.WithTimeout(ctx, refreshFor)
		defer cancel()
		if err := w.Refresh(limited); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			a.hint(words.PlainCheckFail)
		}
		return work(w, w.Snapshot())
	})
}

// show is the wallet itself: screens, or line by line.
func (a *app) show(ctx context.Context, w ui.Wallet) error {
	if a.fullScreen() {
		return screen.Run(ctx, w, a.streams.In, a.streams.Out, a.streams.Env)
	}
	return plain.Run(ctx, w, a.asker, a.streams.Out, a.streams.Now)
}

// logger writes what an operator reads: structured, to standard error.
func (a *app) logger(asJSON, debug bool) *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if debug {
		o.Level = slog.LevelDebug
	}
	if asJSON {
		return slog.New(slog.NewJSONHandler(a.streams.Err, o))
	}
	return slog.New(slog.NewTextHandler(a.streams.Err, o))
}

// command makes a command out of its words. Its error is kept for [Main] and hidden
// from fang, which would ask the terminal for its colours before it complains: a
// question that was broken off still reads from the terminal, takes the answer away,
// and the program would hang, deaf to Ctrl+C.
func (a *app) command(w words.Command, args cobra.PositionalArgs, run func(*cobra.Command, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: w.Use, Short: w.Short, Long: w.Long, Example: w.Example, Args: usage(args),
		Run:               func(c *cobra.Command, given []string) { a.failed = run(c, given) },
		ValidArgsFunction: cobra.NoFileCompletions,
	}
}
