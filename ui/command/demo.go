package command

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

type demoJSON struct {
	Folder     string   `json:"folder"`
	Key        string   `json:"key"`
	Passphrase string   `json:"passphrase,omitempty"` // of the demo alone
	Actors     []string `json:"actors"`
}

type cleanJSON struct {
	Removed []string `json:"removed"`
}

func (a *app) demo() *cobra.Command {
	var o ui.DemoOptions
	var clean, serve bool
	cmd := a.command(words.CmdDemo, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		if clean {
			removed, err := a.roles.Demo.Clean(c.Context(), o)
			if err != nil {
				return err
			}
			return a.print(cleanJSON{list(removed, same)}, func() { a.say(words.Removed(removed)...) })
		}
		return a.runDemo(c.Context(), o, serve)
	})
	fl := cmd.Flags()
	fl.StringVar(&o.Folder, "folder", "", words.FlagFolder)
	fl.StringVar(&o.Records, "records", "", words.FlagRecords)
	fl.BoolVar(&o.Quiet, "quiet", false, words.FlagQuiet)
	fl.BoolVar(&serve, "serve", false, words.FlagServe)
	fl.BoolVar(&clean, "clean", false, words.FlagClean)
	return cmd
}

// program is how this program is called in another terminal: by its name where
// that finds it, else as it was built or by its path.
func program() string {
	const name = "carekey"
	self, err := os.Executable()
	if err != nil {
		return name
	}
	if strings.Contains(self, "go-build") { // where go run builds; the path is gone when it ends
		return "go run ."
	}
	found, err := exec.LookPath(name)
	if err == nil && sameFile(found, self) {
		return name
	}
	if strings.ContainsFunc(self, unicode.IsSpace) {
		return `"` + self + `"`
	}
	return self
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}

// runDemo starts the small network and shows the demo patient's wallet.
func (a *app) runDemo(ctx context.Context, o ui.DemoOptions, serve bool) error {
	o.Progress = func(step string) { a.hint(step) }
	demo, err := a.roles.Demo.Start(ctx, o)
	r, self := demo.Report, program()
	for i, actor := range r.Actors {
		r.Actors[i] = self + strings.TrimPrefix(actor, "carekey")
	}
	about := func() error {
		return a.print(demoJSON{r.Folder, keyPlaces[r.Key], r.Passphrase, list(r.Actors, same)}, func() {
			a.say(words.DemoAbout(self, r.Folder, o.Folder, r.Key == ui.InKeyring, r.Passphrase, r.Actors)...)
		})
	}
	switch {
	case errors.Is(err, ui.ErrBusy) && r.Folder != "":
		return errors.Join(about(), err)
	case err != nil:
		return err
	}
	// The screens cover it, and bring it back when they go.
	if err := about(); err != nil {
		return errors.Join(err, demo.Close())
	}
	if serve {
		<-ctx.Done()
		return demo.Close()
	}
	return errors.Join(a.show(ctx, safe.Wallet(demo.Wallet)), demo.Close())
}
