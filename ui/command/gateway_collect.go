package command

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

type collectJSON struct {
	Done     string `json:"done"` // collect
	ID       string `json:"id"`
	Transfer string `json:"transfer"`
	Use      uint32 `json:"use"`  // number of the use that was begun
	Left     uint32 `json:"left"` // how often the patient still allows it, this one included
}

func (a *app) gatewayCollect() *cobra.Command {
	var o ui.CollectOptions
	cmd := a.command(words.CmdGatewayCollect, cobra.ExactArgs(1), func(c *cobra.Command, args []string) error {
		var err error
		if o.Transfer, err = a.copyNamed(c.Context(), o.Home, args[0]); err != nil {
			return err
		}
		r, err := a.roles.Gateway.Collect(c.Context(), o)
		if err != nil {
			return err
		}
		id := copyHandle(o.Transfer)
		return a.print(collectJSON{"collect", id, o.Transfer.String(), r.Use, r.Left}, func() { a.say(words.Collecting(r.Left)) })
	})
	homeFlag(cmd, &o.Home)
	cmd.ValidArgsFunction = a.openCopies
	return cmd
}

func copyHandle(transfer consent.LogID) string { return transfer.String()[:handleDigits] }

// copyNamed finds a transfer by the beginning of its id among those that the
// gateway tells of. A whole id is not looked for: the gateway knows more of
// them than it tells.
func (a *app) copyNamed(ctx context.Context, home, text string) (consent.LogID, error) {
	prefix, _, has, err := parseHandle(text)
	if err != nil {
		return consent.LogID{}, err
	}
	if has {
		return consent.LogID{}, usageError{words.NotACopy(text)}
	}
	if full := (consent.LogID{}); full.UnmarshalText([]byte(prefix)) == nil {
		return full, nil
	}
	s, err := a.roles.Gateway.Status(ctx, home)
	if err != nil {
		return consent.LogID{}, err
	}
	found, err := only(s.Copies, func(c ui.GatewayCopy) bool { return strings.HasPrefix(c.Transfer.String(), prefix) }, text)
	return found.Transfer, err
}

// completeFor bounds what a shell waits for at a press of the tab key.
const completeFor = 2 * time.Second

// openCopies completes the id of a copy that may be collected again.
func (a *app) openCopies(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	home, err := c.Flags().GetString("home")
	if err != nil || home == "" || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(c.Context(), completeFor)
	defer cancel()
	s, err := a.roles.Gateway.Status(ctx, home)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var open []string
	for _, copied := range safe.Copy(s).Copies {
		if copied.Again {
			open = append(open, cobra.CompletionWithDesc(copyHandle(copied.Transfer), words.GatewayCopy(copied.Record, copied.From)))
		}
	}
	return open, cobra.ShellCompDirectiveNoFileComp
}
