package world

import (
	"math/rand/v2"
	"slices"
	"time"

	"carekey/consent"
)

// event is something that happens in the past year.
type event struct {
	at time.Time
	do func(time.Time) error
}

// year plans the patient's past year up to end: visits with their looks,
// automatic checks, requests and what she decided. The plan follows from the
// seed alone.
type year struct {
	*chronicle
	start  time.Time
	rng    *rand.Rand
	events []event
	people map[string]consent.Person
	night  uint64 // the look she does not recognise
}

// days into the year at which things happen.
const (
	dayClinic    = 28 // the general practitioner sends her to the heart clinic
	dayMove      = 35
	dayStudy     = 96
	dayOpinion   = 118
	dayStrange   = 161
	dayResearch  = 205
	dayRevoke    = 262
	dayInsurance = 300
)

// writeYear writes the whole year in the order of time.
func writeYear(c *chronicle, start time.Time, people map[string]consent.Person, seed uint64) (*year, error) {
	y := &year{chronicle: c, start: start, rng: rand.New(rand.NewPCG(seed, 1)), people: people}
	y.plan()
	return y, y.happen()
}

// happen lets the events happen in the order of time; an event may plan later
// ones.
func (y *year) happen() error {
	for len(y.events) > 0 {
		next := 0
		for i, e := range y.events {
			if e.at.Before(y.events[next].at) {
				next = i
			}
		}
		e := y.events[next]
		y.events = slices.Delete(y.events, next, next+1)
		if err := e.do(e.at); err != nil {
			return err
		}
	}
	return nil
}

// on plans something for a day and an hour of the year.
func (y *year) on(day int, hour float64, do func(time.Time) error) {
	y.then(y.start.AddDate(0, 0, day).Add(time.Duration(hour*float64(time.Hour))), do)
}

// then plans something for a moment; past moments come at once.
func (y *year) then(at time.Time, do func(time.Time) error) {
	y.events = append(y.events, event{at.Truncate(time.Second), do})
}

func (y *year) plan() {
	y.on(0, 9, func(t time.Time) error { return y.open(Hospital, t) })
	y.on(2, 10.5, func(t time.Time) error { return y.open(Lab, t) })
	y.on(dayClinic, 14.25, func(t time.Time) error { return y.open(Clinic, t) })
	y.visits()
	y.checks()
	y.decisions()
	y.on(dayMove, 9.5, y.move)
}

// visits are days on which people look at the record to treat her.
func (y *year) visits() {
	for _, day := range []int{1, 9, 27, 58, 88, 121, 149, 183, 214, 246, 277, 309, 338, 357} {
		hour := 8.5 + y.rng.Float64()*6
		y.care(Hospital, day, hour, "nurse-silva", consent.VitalSigns, consent.Allergies)
		y.care(Hospital, day, hour+0.4, "dr-weber", consent.Medicines, consent.Conditions, consent.TestResults)
		if y.rng.IntN(2) == 0 {
			y.care(Hospital, day, hour+0.9, "dr-weber", consent.Letters)
		}
	}
	for _, day := range []int{3, 36, 90, 150, 185, 248, 311, 358} {
		y.care(Lab, day, 7.5+y.rng.Float64()*3, "dr-nair", consent.TestResults)
	}
	for _, day := range []int{29, 37, 64, 127, 190, 253, 316, 351} {
		hour := 10 + y.rng.Float64()*4
		y.care(Clinic, day, hour, "nurse-brandt", consent.VitalSigns)
		y.care(Clinic, day, hour+0.5, "dr-lee", consent.Conditions, consent.TestResults, consent.Imaging)
	}
	y.on(dayStrange, 2.6, func(t time.Time) (err error) {
		y.night, err = y.look(Hospital, t, consent.BasisCare, y.people["dr-okafor"], nil, []consent.RecordType{consent.Conditions})
		return err
	})
}

func (y *year) care(at Role, day int, hour float64, call string, types ...consent.RecordType) {
	y.on(day, hour, func(t time.Time) error {
		_, err := y.look(at, t, consent.BasisCare, y.people[call], nil, types)
		return err
	})
}

// checks are what machines do: the pharmacy's check of medicines each week,
// the bill after each month.
func (y *year) checks() {
	for day := 6; day < 364; day += 7 {
		y.on(day, 3+y.rng.Float64(), func(t time.Time) error {
			return y.machine(Hospital, t, consent.BasisCare, consent.PurposeTreatment, "medicine check", consent.Medicines, consent.Allergies)
		})
	}
	for day := 31; day < 364; day += 30 {
		y.on(day, 22, func(t time.Time) error {
			return y.machine(Hospital, t, consent.BasisPayment, consent.PurposeInsurance, "billing", consent.Visits, consent.Insurance)
		})
	}
}

// look writes an access by a person.
func (y *year) look(at Role, t time.Time, basis consent.Basis, by consent.Person, grant *uint64, types []consent.RecordType) (uint64, error) {
	slices.Sort(types)
	n, err := y.write(t, y.byInstitution(at, consent.ClassAccess, consent.AccessFields{Grant: grant}, &consent.Accessed{
		Basis: basis, By: by, Purpose: consent.PurposeTreatment, Types: types, Event: consent.At(t.Add(-time.Minute)),
	}))
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// machine writes an access by a system.
func (y *year) machine(at Role, t time.Time, basis consent.Basis, purpose consent.Purpose, what string, types ...consent.RecordType) error {
	slices.Sort(types)
	_, err := y.write(t, y.byInstitution(at, consent.ClassAccess, consent.AccessFields{}, &consent.Accessed{
		Basis: basis, By: consent.Person{Role: what}, Purpose: purpose, Types: types,
		Event: consent.At(t.Add(-time.Second)), Automatic: true,
	}))
	return err
}

// decisions are requests and the patient's answers.
func (y *year) decisions() {
	y.on(dayStudy, 11, y.study)
	y.on(dayOpinion, 9.75, y.opinion)
	y.on(dayStrange, 19, y.strange)
	y.on(dayResearch, 15, y.research)
	y.on(dayInsurance, 13, y.insurance)
}

// study: the laboratory asks for a trial; she says no, and it obeys.
func (y *year) study(t time.Time) error {
	n, err := y.write(t, y.says(Lab, nil, 14*24*time.Hour, t, &consent.Request{
		Kind: consent.Look, By: y.people["dr-nair"], Purpose: consent.PurposeResearch,
		Why:   "We compare cholesterol tests of two makers and would like to use your results.",
		Scope: consent.Scope{Types: []consent.RecordType{consent.Conditions, consent.TestResults}},
		Until: consent.At(t.AddDate(1, 0, 0)),
	}))
	if err != nil {
		return err
	}
	later := t.Add(31 * time.Hour)
	denied, err := y.write(later, y.answers(Lab, n[0], 0, later, &consent.Denial{Reason: "No, thank you."}))
	if err != nil {
		return err
	}
	_, err = y.write(later.Add(2*time.Minute), y.says(Lab, &denied[0], 0, later, &consent.Acknowledgement{Text: "We will not use them."}))
	return err
}

// opinion: a second opinion, granted for three looks; all are used.
func (y *year) opinion(t time.Time) error {
	scope := consent.Scope{Types: []consent.RecordType{consent.Conditions, consent.TestResults, consent.Imaging}}
	g, err := y.granted(Clinic, t, "dr-lee", consent.PurposeSecondOpinion, "A colleague in our team will look at your heart scan.", scope, 3, 60*24*time.Hour)
	if err != nil {
		return err
	}
	for i := range 3 {
		y.then(t.AddDate(0, 0, 4+9*i).Add(3*time.Hour), func(t time.Time) error {
			_, err := y.look(Clinic, t, consent.BasisGrant, y.people["dr-lee"], &g, slices.Clone(scope.Types))
			return err
		})
	}
	return nil
}

// research: granted for a year, used twice, taken back, acknowledged.
func (y *year) research(t time.Time) error {
	scope := consent.Scope{Types: []consent.RecordType{consent.TestResults, consent.Vaccinations}}
	g, err := y.granted(Hospital, t, "dr-weber", consent.PurposeResearch, "We study how vaccinations change blood values.", scope, 0, 365*24*time.Hour)
	if err != nil {
		return err
	}
	for _, days := range []int{11, 39} {
		y.then(t.AddDate(0, 0, days), func(t time.Time) error {
			_, err := y.look(Hospital, t, consent.BasisGrant, y.people["dr-weber"], &g, slices.Clone(scope.Types))
			return err
		})
	}
	y.then(y.start.AddDate(0, 0, dayRevoke).Add(20*time.Hour), func(t time.Time) error {
		revoked, err := y.write(t, y.byPatient(Hospital, consent.ClassRevoke, consent.RevokeFields{Grant: g}, &consent.Revoked{}))
		if err != nil {
			return err
		}
		_, err = y.write(t.Add(time.Minute), y.says(Hospital, &revoked[0], 0, t, &consent.Acknowledgement{Text: "We have stopped."}))
		return err
	})
	return nil
}

// insurance: a permission that still lives.
func (y *year) insurance(t time.Time) error {
	scope := consent.Scope{Types: []consent.RecordType{consent.Visits, consent.Insurance}}
	_, err := y.granted(Hospital, t, "dr-weber", consent.PurposeInsurance, "Your insurer asks us to confirm the days of your hospital stays.", scope, 0, 180*24*time.Hour)
	return err
}

// granted is a request to look and the patient's yes some hours later.
func (y *year) granted(at Role, t time.Time, call string, p consent.Purpose, why string, scope consent.Scope, uses uint32, lasts time.Duration) (uint64, error) {
	until := consent.At(t.Add(lasts))
	n, err := y.write(t, y.says(at, nil, 7*24*time.Hour, t, &consent.Request{
		Kind: consent.Look, By: y.people[call], Purpose: p, Why: why, Scope: scope, Uses: uses, Until: until,
	}))
	if err != nil {
		return 0, err
	}
	content := consent.Granted{Request: &n[0], By: y.people[call], Purpose: p, Scope: scope}
	content.Sentences = content.AsLook(at.profile().name, uses, until)
	g, err := y.write(t.Add(5*time.Hour), y.byPatient(at, consent.ClassGrant, consent.GrantFields{Expiry: until, Uses: uses}, &content))
	if err != nil {
		return 0, err
	}
	return g[0], nil
}

// strange: a look at night that she does not recognise, and the answer.
func (y *year) strange(t time.Time) error {
	q, err := y.write(t, y.answers(Hospital, y.night, 14*24*time.Hour, t, &consent.Query{Text: "I was at home that night. Who was this?"}))
	if err != nil {
		return err
	}
	later := t.Add(40 * time.Hour)
	_, err = y.write(later, y.says(Hospital, &q[0], 0, later, &consent.Answer{
		By:   y.people["dr-weber"],
		Text: "Dr. Okafor opened your record by mistake for a patient with a similar name and closed it at once. We are sorry.",
	}))
	return err
}
