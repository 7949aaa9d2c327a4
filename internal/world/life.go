package world

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"carekey/consent"
	"carekey/gateway"
)

// Life lets the institutions act by themselves now and then, as institutions
// do: they look at the record to treat the patient, ask for records, and answer
// her questions. It returns when ctx ends.
func (w *World) Life(ctx context.Context, log *slog.Logger) {
	l := &life{World: w, log: log, rng: rand.New(rand.NewPCG(w.plan.Seed, uint64(time.Now().UnixNano())))}
	next := firstAct
	for asked := false; ; asked = true {
		select {
		case <-ctx.Done():
			return
		case <-time.After(next):
		}
		if err := l.act(ctx, !asked); err != nil && ctx.Err() == nil {
			log.Info("an institution could not act", "err", err)
		}
		next = betweenActs + time.Duration(l.rng.Int64N(int64(betweenActs)))
	}
}

// When institutions act.
const (
	firstAct    = 12 * time.Second
	betweenActs = 35 * time.Second
)

type life struct {
	*World
	log *slog.Logger
	rng *rand.Rand
	n   int // requests made so far
}

// act does one thing: a question of the patient comes first; then something is
// asked for, the first time and now and then; else somebody looks.
func (l *life) act(ctx context.Context, ask bool) error {
	answered, err := l.answer(ctx)
	if answered || err != nil {
		return err
	}
	if ask || l.rng.IntN(5) == 0 {
		return l.request(ctx)
	}
	return l.look(ctx)
}

// answer answers one open "I don't recognise this".
func (l *life) answer(ctx context.Context) (bool, error) {
	for _, role := range Gateways() {
		h := l.houses[role]
		s, err := h.Gateway.Status(ctx)
		if err != nil {
			return false, err
		}
		for _, q := range s.Questions {
			by, _ := l.Person(staffOf(role)[0].Call)
			_, err := h.Gateway.Answer(ctx, q.Record, q.Number, by,
				"We looked into it: it was part of your treatment here. Call us if you would like to know more.")
			return true, err
		}
	}
	return false, nil
}

func staffOf(role Role) []Clinician {
	return slices.DeleteFunc(Clinicians(), func(c Clinician) bool { return c.At != role })
}

// look is a routine look by somebody of a random institution.
func (l *life) look(ctx context.Context) error {
	role := Gateways()[l.rng.IntN(len(Gateways()))]
	staff := staffOf(role)
	by, _ := l.Person(staff[l.rng.IntN(len(staff))].Call)
	routine := [][]consent.RecordType{
		{consent.Medicines, consent.Allergies}, {consent.TestResults}, {consent.VitalSigns}, {consent.Conditions, consent.Letters},
	}
	h := l.houses[role]
	_, err := h.Gateway.Look(ctx, h.Record, gateway.LookSpec{
		By: by, Purpose: consent.PurposeTreatment, Basis: consent.BasisCare, Types: routine[l.rng.IntN(len(routine))],
	})
	return err
}

// request asks the patient for something, in turn.
func (l *life) request(ctx context.Context) error {
	all := l.wishes()
	wish := all[l.n%len(all)]
	l.n++
	h := l.houses[wish.at]
	_, err := h.Gateway.Request(ctx, h.Record, wish.spec)
	return err
}

type wish struct {
	at   Role
	spec gateway.RequestSpec
}

// wishes are what institutions ask for.
func (l *life) wishes() []wish {
	lee, _ := l.Person("dr-lee")
	nair, _ := l.Person("dr-nair")
	weber, _ := l.Person("dr-weber")
	hospital := l.plan.IDs[Hospital]
	since := consent.Date(time.Now().AddDate(-3, 0, 0).Format(time.DateOnly))
	return []wish{
		{Clinic, gateway.RequestSpec{
			Kind: consent.Move, By: lee, Purpose: consent.PurposeTreatment, From: hospital, Uses: 1,
			Why: "We are planning your next treatment and need your newest results and your list of medicines.",
			Scope: consent.Scope{Types: []consent.RecordType{
				consent.Medicines, consent.Allergies, consent.Conditions, consent.TestResults, consent.Letters}, From: since},
			For: 30 * 24 * time.Hour, Answer: 7 * 24 * time.Hour,
		}},
		{Lab, gateway.RequestSpec{
			Kind: consent.Look, By: nair, Purpose: consent.PurposeResearch,
			Why:   "May we use your blood results, without your name, in a study of cholesterol?",
			Scope: consent.Scope{Types: []consent.RecordType{consent.TestResults}},
			For:   365 * 24 * time.Hour, Answer: 14 * 24 * time.Hour,
		}},
		{Hospital, gateway.RequestSpec{
			Kind: consent.Look, By: weber, Purpose: consent.PurposeSecondOpinion, Uses: 2,
			Why:   "A colleague would like to look at your case with us.",
			Scope: consent.Scope{Types: []consent.RecordType{consent.Conditions, consent.TestResults, consent.Imaging}},
			For:   60 * 24 * time.Hour, Answer: 7 * 24 * time.Hour,
		}},
		{Lab, gateway.RequestSpec{
			Kind: consent.Move, By: nair, Purpose: consent.PurposeTreatment, From: hospital, Uses: 1,
			Why:   "To compare today's values with earlier ones.",
			Scope: consent.Scope{Types: []consent.RecordType{consent.TestResults}, From: since},
			For:   14 * 24 * time.Hour, Answer: 3 * 24 * time.Hour,
		}},
	}
}
