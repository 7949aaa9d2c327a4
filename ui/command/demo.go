package command

import (
	"context"
	"errors"

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

// runDemo starts the small network and shows the demo patient's wallet.
func (a *app) runDemo(ctx context.Context, o ui.DemoOptions, serve bool) error {
	o.Progress = func(step string) { a.hint(step) }
	demo, err := a.roles.Demo.Start(ctx, o)
	if err != nil {
		return err
	}
	r := demo.Report
	report := demoJSON{r.Folder, keyPlaces[r.Key], r.Passphrase, list(r.Actors, same)}
	about := func() { a.say(words.DemoAbout(r.Folder, o.Folder, r.Key == ui.InKeyring, r.Passphrase, r.Actors)...) }
	if a.json || !a.fullScreen() || serve {
		if err := a.print(report, about); err != nil {
			return errors.Join(err, demo.Close())
		}
	}
	if serve {
		<-ctx.Done()
		return demo.Close()
	}
	err = errors.Join(a.show(ctx, safe.Wallet(demo.Wallet)), demo.Close())
	if a.fullScreen() && err == nil {
		about() // the screens have gone: say where everything is
	}
	return err
}
