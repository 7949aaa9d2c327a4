package words

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestErrorText(t *testing.T) {
	late := fmt.Errorf("no address answers %s: %w", "127.0.0.1:80", context.DeadlineExceeded)
	for _, c := range []struct {
		err  error
		want string
	}{
		{late, "no address answers 127.0.0.1:80: no answer in time"},
		{errors.Join(late, errors.New("the\x1b[2J disk\n\n\tis full")), "no address answers 127.0.0.1:80: no answer in time; the disk; is full"},
		{fmt.Errorf("checking: %w", context.Canceled), "checking: stopped"},
	} {
		if got := ErrorText(c.err); got != c.want {
			t.Errorf("%q is said as %q, want %q", c.err, got, c.want)
		}
	}
}
