package ask

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"carekey/ui"
)

func TestOnlyYesIsYes(t *testing.T) {
	tests := map[string]bool{
		"yes\n": true, "y\n": true, "Y\n": true, " yes \r\n": true,
		"": false, "\n": false, "no\n": false, "yess\n": false, "yes please\n": false, "1\n": false, "yes": true,
	}
	for in, want := range tests {
		got, err := New(strings.NewReader(in), io.Discard).Yes(context.Background(), "Share?")
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
}

func TestTheEndOfInputIsNoSecret(t *testing.T) {
	_, err := New(strings.NewReader(""), io.Discard).Secret(context.Background(), "Passphrase: ")
	if !errors.Is(err, ui.ErrDeclined) {
		t.Errorf("got %v", err)
	}
}

func TestNewSecret(t *testing.T) {
	tests := []struct {
		name, in, want string
	}{
		{"twice alike", "correct horse\ncorrect horse\n", "correct horse"},
		{"too short first", "short\ncorrect horse\ncorrect horse\n", "correct horse"},
		{"differs first", "correct horse\ncorrect house\ncorrect horse\ncorrect horse\n", "correct horse"},
		{"never twice", "correct horse\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := New(strings.NewReader(tt.in), io.Discard).NewSecret(context.Background(), "Passphrase: ")
			if string(got) != tt.want || (tt.want == "") != errors.Is(err, ui.ErrDeclined) {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestALineIsBounded(t *testing.T) {
	_, err := New(strings.NewReader(strings.Repeat("a", maxLine+1)+"\n"), io.Discard).Line(context.Background(), "")
	if !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v", err)
	}
}

func TestAQuestionEndsWithItsContext(t *testing.T) {
	in, _ := io.Pipe() // nobody ever answers
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(in, io.Discard).Line(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
