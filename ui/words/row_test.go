package words

import (
	"testing"

	"carekey/consent"
	"carekey/wallet"
)

func TestRow(t *testing.T) {
	clinic := consent.InstitutionID{2}
	names := Names{{1}: "City Hospital", clinic: "Heart Clinic"}
	lee := consent.Person{Name: "Dr. Lee", Role: "cardiologist"}
	types := []consent.RecordType{consent.Medicines, consent.Allergies}
	scope := consent.Scope{Types: types}
	access := func(b consent.Basis, c consent.Accessed) *consent.Accessed {
		c.Basis, c.By, c.Types, c.Purpose = b, lee, types, consent.PurposeTreatment
		return &c
	}
	tests := []struct {
		class   consent.Class
		content consent.Content
		want    string
	}{
		{consent.ClassAccess, access(consent.BasisCare, consent.Accessed{}), "Heart Clinic (Dr. Lee, cardiologist) opened your medicines and allergies, to treat you."},
		{consent.ClassAccess, access(consent.BasisGrant, consent.Accessed{}), "Heart Clinic (Dr. Lee, cardiologist) read your medicines and allergies, because you allowed it."},
		{consent.ClassAccess, access(consent.BasisTransfer, consent.Accessed{Transfer: &consent.TransferUse{Other: consent.InstitutionID{1}}}), "Heart Clinic (Dr. Lee, cardiologist) received a copy of your medicines and allergies from City Hospital, because you allowed it."},
		{consent.ClassAccess, access(consent.BasisTransfer, consent.Accessed{Transfer: &consent.TransferUse{Other: consent.InstitutionID{9}, Gave: true}}), "Heart Clinic (Dr. Lee, cardiologist) sent a copy of your medicines and allergies to another institution, because you allowed it."},
		{consent.ClassAccess, access(consent.BasisEmergency, consent.Accessed{}), "Heart Clinic (Dr. Lee, cardiologist) opened your medicines and allergies in an emergency."},
		{consent.ClassAccess, access(consent.BasisPayment, consent.Accessed{Automatic: true}), "A computer at Heart Clinic used your medicines and allergies to settle a bill."},
		{consent.ClassAccess, nil, "Heart Clinic looked at your records and has not said at what, or why."},
		{consent.ClassSay, nil, "Heart Clinic wrote something and has not said what."},
		{consent.ClassSay, &consent.Request{Kind: consent.Move, By: lee, Purpose: consent.PurposeTreatment, Scope: scope, From: consent.InstitutionID{1}}, "Heart Clinic (Dr. Lee, cardiologist) asked for a copy of your medicines and allergies from City Hospital, to treat you."},
		{consent.ClassSay, &consent.Request{Kind: consent.Look, Purpose: consent.PurposeResearch, Scope: scope}, "Heart Clinic asked to use your medicines and allergies, for research."},
		{consent.ClassSay, &consent.Denial{Reason: "Not now"}, "You refused a request of Heart Clinic: “Not now”"},
		{consent.ClassSay, &consent.Blocking{}, "You refused everything from Heart Clinic."},
		{consent.ClassSay, &consent.Blocking{Off: true}, "You let Heart Clinic ask you for permissions again."},
		{consent.ClassTransferOpen, &consent.Terms{Source: consent.InstitutionID{1}, Destination: clinic, By: lee, Purpose: consent.PurposeTreatment, Scope: scope}, "You allowed City Hospital to send a copy of your medicines and allergies to Heart Clinic (Dr. Lee, cardiologist), to treat you."},
		{consent.ClassReceived, &consent.Step{Verdict: consent.VerdictWrongPatient}, "Heart Clinic received records that it could not match to you, and threw them away."},
		{consent.ClassStop, &consent.Reason{}, "You stopped a copy."},
		{consent.ClassOpen, &consent.Opened{Record: "123"}, "Your chart at Heart Clinic was opened, for its record 123."},
	}
	for _, tt := range tests {
		row := wallet.Row{Class: tt.class, Content: tt.content, Institution: "Heart Clinic", Side: consent.SideInstitution}
		if got := Row(row, names); got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.class, got, tt.want)
		}
	}
}

// TestEveryContentHasASentence holds the words against all classes and
// verdicts: no row is ever empty.
func TestEveryContentHasASentence(t *testing.T) {
	contents := []consent.Content{nil, &consent.Opened{}, &consent.Request{}, &consent.Denial{}, &consent.Query{}, &consent.Answer{},
		&consent.Acknowledgement{}, &consent.Blocking{}, &consent.Granted{}, &consent.Revoked{}, &consent.Accessed{}, &consent.Terms{}, &consent.Step{}, &consent.Reason{}}
	for class := consent.ClassOpen; class.Known(); class++ {
		for _, c := range contents {
			for side := consent.SidePatient; side <= consent.SideInstitution; side++ {
				row := wallet.Row{Class: class, Content: c, Institution: "X", Side: side}
				if got := Row(row, nil); len(got) < 10 {
					t.Errorf("%s with %T says %q", class, c, got)
				}
			}
		}
	}
}
