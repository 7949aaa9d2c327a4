package roles

import (
	"errors"
	"fmt"
	"testing"

	"carekey/gateway"
	"carekey/ledger"
	"carekey/ui"
)

// TestFailuresKeepTheirWords: what a gateway says is told as it was said, with
// the kind by which a command ends.
func TestFailuresKeepTheirWords(t *testing.T) {
	for kind, want := range map[gateway.FailureKind]error{
		gateway.FailureMalformed: ui.ErrUsage, gateway.FailureUnknown: ui.ErrNotFound, gateway.FailureRefused: ui.ErrRefused,
		gateway.FailureBusy: ui.ErrBusy, gateway.FailureUnreachable: ui.ErrUnreachable, gateway.FailureLie: ui.ErrLie,
	} {
		err := adminTrouble(&gateway.Failure{Kind: kind, Text: "the patient stopped this"})
		if !errors.Is(err, want) || err.Error() != "the patient stopped this" {
			t.Errorf("%s: %v", kind, err)
		}
	}
	plain := &gateway.Failure{Text: "the disk is full"}
	if err := adminTrouble(plain); !errors.Is(err, plain) {
		t.Errorf("a failure of no kind: %v", err)
	}
	if adminTrouble(nil) != nil {
		t.Error("nothing is a failure")
	}
	for _, err := range []error{gateway.ErrInUse, ledger.ErrInUse} {
		if got := homeTrouble(fmt.Errorf("%w: /home", err)); !errors.Is(got, ui.ErrBusy) {
			t.Errorf("%v: %v", err, got)
		}
	}
}
