package command

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"carekey/consent"
	"carekey/ui/words"
)

// choices completes a flag's value.
func choices(cmd *cobra.Command, flag string, values []string) {
	// The only error is a flag that does not exist, which the tests would see.
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// recordChoices completes --types and --sensitive.
func recordChoices(cmd *cobra.Command) {
	sets(cmd, "types", list(consent.RecordTypes(), flagOf[consent.RecordType]))
	sets(cmd, "sensitive", list(consent.SensitiveClasses(), flagOf[consent.Sensitive]))
}

// sets completes a flag that takes several values with commas between.
func sets(cmd *cobra.Command, flag string, values []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		before := typed[:strings.LastIndex(typed, ",")+1]
		chosen := strings.Split(before, ",")
		var left []string
		for _, v := range values {
			if !slices.Contains(chosen, v) {
				left = append(left, before+v)
			}
		}
		return left, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	})
}

// profiles completes --profile with the wallets on this computer.
func (a *app) profiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := a.roles.Wallets.Profiles()
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	return list(names, words.Clean), cobra.ShellCompDirectiveNoFileComp
}
