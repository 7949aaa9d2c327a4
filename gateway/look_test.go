package gateway

import (
	"errors"
	"testing"

	"carekey/consent"
	"carekey/gateway/store"
)

func TestGrantedNarrowsToALivePermission(t *testing.T) {
	medicines := []consent.RecordType{consent.Medicines}
	all := consent.Scope{Types: consent.RecordTypes(), Sensitive: consent.SensitiveClasses()}
	chart := func(now consent.Time, g *consent.Granted) followed {
		return followed{Tip: consent.Tip{Time: now}, Chart: store.Chart{View: consent.View{
			Grants: []consent.LiveGrant{{Number: 4, Expiry: 100, Granted: g}},
		}}}
	}
	permit := &consent.Granted{Purpose: consent.PurposeResearch, Scope: consent.Scope{Types: medicines, From: "2026-01-01"}}
	spec := LookSpec{Purpose: consent.PurposeResearch}
	got, err := granted(chart(99, permit), 4, spec, all)
	if err != nil || len(got.Types) != 1 || got.From != "2026-01-01" || len(got.Sensitive) != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, f := range map[string]func() error{
		"ended":           func() error { _, err := granted(chart(100, permit), 4, spec, all); return err },
		"another number":  func() error { _, err := granted(chart(99, permit), 5, spec, all); return err },
		"unknown content": func() error { _, err := granted(chart(99, nil), 4, spec, all); return err },
		"another purpose": func() error { _, err := granted(chart(99, permit), 4, LookSpec{}, all); return err },
		"more than granted": func() error {
			_, err := granted(chart(99, permit), 4, LookSpec{Purpose: spec.Purpose, Types: all.Types}, all)
			return err
		},
	} {
		if err := f(); !errors.Is(err, ErrNotPermitted) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
