package command

import (
	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/words"
)

// logFlags are how an operator reads what happens.
type logFlags struct{ asJSON, debug bool }

func (l *logFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&l.asJSON, "log-json", false, words.FlagLogJSON)
	cmd.Flags().BoolVar(&l.debug, "debug", false, words.FlagDebug)
}

func (a *app) node() *cobra.Command {
	var o ui.NodeOptions
	var l logFlags
	cmd := a.command(words.CmdNode, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		o.Log = a.logger(l.asJSON || a.json, l.debug)
		return a.roles.Node(c.Context(), o)
	})
	homeFlag(cmd, &o.Home)
	cmd.Flags().StringVar(&o.Listen, "listen", "", words.FlagListen)
	cmd.Flags().StringVar(&o.Metrics, "metrics", "", words.FlagMetrics)
	l.add(cmd)
	return cmd
}

// homeFlag names an operator's folder; there is no default that could be the
// wrong one.
func homeFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "home", "", words.FlagHome)
	_ = cmd.MarkFlagRequired("home") // the flag is there, one line above
}
