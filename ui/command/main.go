package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/color"
	"io"
	"syscall"

	"charm.land/fang/v2"
	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"carekey/ui"
	"carekey/ui/safe"
	"carekey/ui/words"
)

// Main runs the program and returns its exit code. Arguments come without the
// program's name.
func Main(ctx context.Context, roles ui.Roles, args []string, s Streams) int {
	a := newApp(roles, s)
	root := a.root()
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := fang.Execute(ctx, root, fang.WithoutVersion(), fang.WithoutManpage(), fang.WithColorSchemeFunc(helpColours),
		fang.WithErrorHandler(func(_ io.Writer, _ fang.Styles, err error) { a.complain(err) }))
	if err != nil {
		return Code(err) // of how it was called; fang has complained
	}
	if err = a.outcome(); err != nil {
		a.complain(err)
	}
	return Code(err)
}

// outcome is why the command that ran failed.
func (a *app) outcome() error {
	if a.failed == nil {
		return a.unsaid
	}
	return a.failed
}

// helpColours are the terminal's own, which its owner can read; the default
// colours cannot be read on every background.
func helpColours(lipgloss.LightDarkFunc) fang.ColorScheme {
	text, word := lipgloss.NoColor{}, lipgloss.Cyan
	return fang.ColorScheme{
		Base: text, Description: text, Codeblock: text, Program: text, Argument: text, Help: text, Dash: text, QuotedString: text,
		DimmedArgument: text, Comment: text, ErrorDetails: text, ErrorHeader: [2]color.Color{text, text},
		Title: lipgloss.Blue, Command: word, Flag: word, FlagDefault: text,
	}
}

// complain says what went wrong: in words, or as JSON.
func (a *app) complain(err error) {
	w := a.streams.Err
	err = safe.Error(err)
	if a.json {
		line, failed := json.Marshal(failure{failureBody{Code: Code(err), Message: err.Error()}})
		if failed == nil {
			fmt.Fprintln(w, string(line))
			return
		}
	}
	fmt.Fprintln(w, words.Complaint(err))
	hint := words.AfterError(Code(err))
	switch {
	case errors.Is(err, ui.ErrNoWallet):
		hint = words.ToBegin
	case isNoShare(err):
		hint = "" // the sentence says it
	case errors.Is(err, syscall.EADDRINUSE):
		hint = words.AddressTaken
	}
	if hint != "" {
		fmt.Fprintln(w, hint)
	}
}

// root is carekey itself.
func (a *app) root() *cobra.Command {
	root := a.command(words.CmdRoot, cobra.NoArgs, func(c *cobra.Command, _ []string) error {
		if a.json {
			return a.tell(c.Context())
		}
		return a.with(c.Context(), func(w ui.Wallet) error { return a.show(c.Context(), w) })
	})
	f := root.PersistentFlags()
	f.StringVar(&a.profile, "profile", words.DefaultProfile, words.FlagProfile)
	f.BoolVar(&a.json, "json", false, words.FlagJSON)
	f.BoolVar(&a.plain, "plain", false, words.FlagPlain)
	_ = root.RegisterFlagCompletionFunc("profile", a.profiles) // the flag is there, three lines above
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddGroup(&cobra.Group{ID: groupStart, Title: words.GroupStart}, &cobra.Group{ID: groupYou, Title: words.GroupYou},
		&cobra.Group{ID: groupInstitution, Title: words.GroupInstitution}, &cobra.Group{ID: groupMore, Title: words.GroupMore})
	root.SetHelpCommandGroupID(groupMore)
	root.SetCompletionCommandGroupID(groupMore)
	add := func(group string, list ...*cobra.Command) {
		for _, c := range list {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupStart, a.demo(), a.init(), a.join())
	add(groupYou, a.status(), a.seen(), a.requests(), a.approve(), a.deny(), a.later(), a.refuse(), a.permissions(), a.revoke(),
		a.history(), a.query(), a.verify())
	add(groupMore, a.shares())
	add(groupInstitution, a.gateway(), a.node())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = helpOf(root)
		case "completion":
			c.Short = words.CmdCompletion.Short
			c.Args, c.RunE = usage(cobra.NoArgs), func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	add(groupMore, a.version(), a.topic(words.CmdExitCodes))
	return root
}

// helpOf wants the name of a command that exists; cobra would show the help of
// all for one that does not.
func helpOf(root *cobra.Command) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		c, rest, err := root.Find(args)
		if err != nil || len(rest) == 0 || !c.HasSubCommands() {
			return err
		}
		c.SuggestionsMinimumDistance = 2
		return usageError{words.UnknownCommand(rest[0], c.SuggestionsFor(rest[0]))}
	}
}

// The groups of commands in the help.
const (
	groupYou         = "you"
	groupStart       = "start"
	groupInstitution = "institution"
	groupMore        = "more"
)

// topic is a page of help that is no command.
func (*app) topic(w words.Command) *cobra.Command {
	return &cobra.Command{Use: w.Use, Short: w.Short, Long: w.Long}
}
