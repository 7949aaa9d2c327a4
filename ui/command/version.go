package command

import (
	"runtime"

	"github.com/spf13/cobra"

	"carekey/ui/words"
)

type versionJSON struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Go      string `json:"go"`
}

func (a *app) version() *cobra.Command {
	return a.command(words.CmdVersion, cobra.NoArgs, func(*cobra.Command, []string) error {
		v := a.roles.Version
		return a.print(versionJSON{v.Number, v.Commit, runtime.Version()}, func() { a.say(words.Version(v.Number, v.Commit)) })
	})
}
