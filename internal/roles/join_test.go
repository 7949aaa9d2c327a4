package roles

import (
	"errors"
	"fmt"
	"testing"

	"carekey/client"
	"carekey/consent"
	"carekey/ui"
	"carekey/wallet"
)

// TestJoinTellsOfTheNewChart: there may be several at one institution.
func TestJoinTellsOfTheNewChart(t *testing.T) {
	t.Parallel()
	hospital, clinic := consent.InstitutionID{1}, consent.InstitutionID{2}
	at := func(id consent.InstitutionID, chart byte, record string) wallet.Institution {
		return wallet.Institution{ID: id, Chart: consent.LogID{chart}, Record: record}
	}
	first, second, other := at(hospital, 1, "T-1"), at(hospital, 2, "T-2"), at(clinic, 3, "N-1")
	for _, tt := range []struct {
		name          string
		before, after []wallet.Institution
		want          string
	}{
		{"the first", nil, []wallet.Institution{first}, "T-1"},
		{"a second", []wallet.Institution{other, first}, []wallet.Institution{other, first, second}, "T-2"},
		{"a second that is listed first", []wallet.Institution{second}, []wallet.Institution{first, second}, "T-1"},
		{"one that was begun before", []wallet.Institution{first}, []wallet.Institution{first}, "T-1"},
		{"none", []wallet.Institution{other}, []wallet.Institution{other}, ""},
	} {
		inv := consent.Invitation{Institution: hospital, Name: "City Hospital"}
		if got := joinReport(inv, tt.before, tt.after); got.Record != tt.want {
			t.Errorf("%s: %+v, not %q", tt.name, got, tt.want)
		}
	}
}

// TestARefusedInvitationIsARefusal: the institution's or the wallet's own words
// are all that is said.
func TestARefusedInvitationIsARefusal(t *testing.T) {
	t.Parallel()
	used := fmt.Errorf("City Hospital did not open the chart: %w", client.NewFault(client.FaultForbidden, "it was used already"))
	for _, err := range []error{used, wallet.ErrOtherNetwork} {
		if got := troubleOf(err); !errors.Is(got, ui.ErrRefused) || got.Error() != err.Error() {
			t.Errorf("%v became %v", err, got)
		}
	}
}
