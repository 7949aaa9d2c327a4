package command

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
)

// TestHelpFits80Columns holds what is printed as it stands: a longer example is
// cut, and a longer flag breaks within a word.
func TestHelpFits80Columns(t *testing.T) {
	var paths [][]string
	each(newApp(pretend(), Streams{}).root(), func(c *cobra.Command) { paths = append(paths, strings.Fields(c.CommandPath())[1:]) })
	if len(paths) < 20 {
		t.Fatalf("only %d commands", len(paths))
	}
	for _, path := range paths {
		var out bytes.Buffer
		s := Streams{In: strings.NewReader(""), Out: &out, Err: &out, Now: time.Now}
		if code := Main(context.Background(), pretend(), append(path, "--help"), s); code != CodeOK {
			t.Errorf("%v --help ends with %d", path, code)
		}
		for _, line := range strings.Split(out.String(), "\n") {
			line = strings.TrimRight(line, " ")
			if n := len([]rune(line)); strings.HasPrefix(line, "    ") && n > 80 || strings.Contains(line, "…") && !strings.Contains(line, "carekey-anchor:…") && !strings.Contains(line, `"message":"…"`) {
				t.Errorf("%v: %d columns: %s", path, n, line)
			}
		}
	}
}

func each(c *cobra.Command, do func(*cobra.Command)) {
	if c.Name() == "completion" {
		return // its words are not ours
	}
	do(c)
	for _, sub := range c.Commands() {
		each(sub, do)
	}
}
