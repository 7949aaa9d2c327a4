package world

import (
	"context"
	"testing"
	"time"

	"carekey/consent"
	"carekey/gateway"
	"carekey/wallet"
)

// quick are options with which nothing waits for company for long.
func quick() Options {
	return Options{Flush: 200 * time.Millisecond, Company: time.Second}
}

// asks lets the heart clinic ask for records of the hospital.
func asks(t *testing.T, w *World, scope consent.Scope) {
	t.Helper()
	by, _ := w.Person("dr-lee")
	clinic := w.House(Clinic)
	_, err := clinic.Gateway.Request(deadline(t), clinic.Record, gateway.RequestSpec{
		Kind: consent.Move, By: by, Purpose: consent.PurposeTreatment, Why: "Before your operation.",
		Scope: scope, From: w.House(Hospital).ID, Uses: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func medicines() consent.Scope {
	return consent.Scope{Types: []consent.RecordType{consent.Medicines, consent.Allergies}}
}

// sees waits until the patient's wallet shows what is wanted.
func sees(t *testing.T, p *Patient, what string, wanted func(wallet.Snapshot) bool) wallet.Snapshot {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := p.Until(ctx, wanted); err != nil {
		s := p.Snapshot()
		t.Fatalf("the patient never saw %s: %v\nproof %+v\nproblems %+v\ntransfers %+v\nsending %+v", what, err, s.Proof, s.Problems, s.Transfers, s.Sending)
	}
	return p.Snapshot()
}

func TestRecordsMoveUnderAnApproval(t *testing.T) {
	w, master := newWorld(t, false, quick())
	p := patient(t, w, master)
	sees(t, p, "her charts", func(s wallet.Snapshot) bool { return len(s.Institutions) == 3 })
	asks(t, w, medicines())
	s := sees(t, p, "the request", func(s wallet.Snapshot) bool { return len(s.Requests) == 1 && s.Requests[0].WaitsFor == "" })
	r := s.Requests[0]
	if !r.Licence.Good || r.From != Hospital.profile().name {
		t.Errorf("request %+v", r)
	}
	start := time.Now()
	if err := p.Approve(deadline(t), r.ID, wallet.Choice{Scope: r.Scope, Uses: 1, Until: r.Until}); err != nil {
		t.Fatal(err)
	}
	s = sees(t, p, "the records arrive and match", func(s wallet.Snapshot) bool {
		return len(s.Transfers) == 1 && len(s.Transfers[0].Steps) == 6
	})
	t.Logf("matched after %s: %+v", time.Since(start), s.Transfers[0])
	if got := s.Transfers[0]; got.Verdict != consent.VerdictOK || got.Records == 0 {
		t.Errorf("transfer %+v", got)
	}
}
