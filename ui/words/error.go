package words

import (
	"context"
	"strings"
)

// ErrorText is an error's message, clean and on one line. Errors that were
// joined have a semicolon between, and the limits of time that people meet are
// said in their words.
func ErrorText(err error) string {
	var parts []string
	for line := range strings.Lines(err.Error()) {
		if line = Clean(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.NewReplacer(
		context.DeadlineExceeded.Error(), "no answer in time",
		context.Canceled.Error(), "stopped",
	).Replace(strings.Join(parts, "; "))
}
