package plain

import (
	"context"

	"carekey/ui/words"
	"carekey/wallet"
)

// historyLines is how many rows one list of the history has.
const historyLines = 20

func (s *session) proofLine() {
	s.say(words.Plain(s.wallet.Snapshot().Proof, s.now()))
}

// above stands before everything that is shown: whether it is whole, and what
// is wrong.
func (s *session) above() {
	s.proofLine()
	for _, p := range s.wallet.Snapshot().Problems {
		if w := words.Explain(p, s.now()); w.Severity == words.Alarm {
			s.say(words.AlarmMark + " " + w.Title + " " + words.PlainAlarm)
		}
	}
}

func (s *session) home() {
	snap, now := s.wallet.Snapshot(), s.now()
	s.above()
	if len(snap.Institutions) == 0 {
		s.say(words.JoinHint)
		return
	}
	if len(snap.Requests) == 0 {
		s.say(words.NothingWaits(snap.Proof))
	} else {
		s.listRequests()
	}
	for _, a := range snap.Sending {
		s.say(words.Sending(a))
	}
	s.say(words.SinceLine(snap.Since, now))
	for _, b := range snap.Since.By {
		s.say("  " + b.Institution + ": " + words.Number(b.Accesses))
	}
	s.say(words.AllPermissions(len(snap.Permissions), words.ProofNow(snap.Proof, now)))
	for _, t := range snap.Transfers {
		s.say(words.Transfer(t)+" "+words.TransferNow(t), "  "+words.TransferSteps(t))
	}
}

func (s *session) listRequests() {
	snap := s.wallet.Snapshot()
	s.clear()
	s.requests = snap.Requests
	if len(s.requests) == 0 {
		s.say(words.NoRequests(snap.Proof))
	}
	for i, r := range s.requests {
		s.say(words.Numbered(i+1, words.Request(r)+" ("+words.RequestNote(r, s.now())+")"))
	}
}

func (s *session) listPermissions() {
	snap, now := s.wallet.Snapshot(), s.now()
	s.clear()
	s.permissions = snap.Permissions
	s.say(words.AllPermissions(len(s.permissions), words.ProofNow(snap.Proof, now)))
	for i, p := range s.permissions {
		s.say(words.Numbered(i+1, words.Permission(p)+" ("+words.PermissionEnds(p, now)+")"))
	}
	for _, i := range snap.Institutions {
		if i.Blocked {
			s.say(words.Blocked(i))
		}
	}
	for _, u := range snap.Unconfirmed {
		if !u.Overdue {
			s.say(words.NotConfirmedYet(u, now))
		}
	}
	for _, p := range snap.Problems {
		if p.Code == wallet.ProblemUnconfirmed {
			s.say(words.WarnMark + " " + words.Overdue(p, now))
		}
	}
}

// clear forgets the last list, so that a number cannot mean two things.
func (s *session) clear() { s.requests, s.permissions, s.rows, s.wrong = nil, nil, nil, nil }

func (s *session) more() {
	before := s.rows
	rows, total, err := s.wallet.History(s.filter, len(before), historyLines)
	if err != nil {
		s.say(words.HistoryTrouble(err))
		return
	}
	names := words.NamesOf(s.wallet.Snapshot())
	s.clear()
	s.rows = append(before, rows...)
	for i, r := range rows {
		s.say(words.Numbered(len(before)+i+1, words.RowLine(r, names, s.now())))
	}
	s.say(words.MoreRows(len(s.rows), total))
}

func (s *session) problems() {
	snap := s.wallet.Snapshot()
	if len(snap.Problems) == 0 {
		s.say(words.NoProblems)
	}
	s.clear()
	s.wrong = snap.Problems
	for i, p := range snap.Problems {
		w := words.Explain(p, s.now())
		s.say(words.Numbered(i+1, w.Title))
		s.facts([]words.Fact{
			{Label: words.ProblemHappened, Text: w.Happened}, {Label: words.ProblemSafe, Text: w.Safe}, {Label: words.ProblemDo, Text: w.Do},
		})
		for _, d := range w.Details {
			s.say("  " + d)
		}
	}
}

func (s *session) proof() {
	snap, now := s.wallet.Snapshot(), s.now()
	s.proofLine()
	s.say(words.ProofExplained(words.ProofNow(snap.Proof, now)))
	s.facts(words.ProofFacts(snap.Proof))
	for _, i := range snap.Institutions {
		s.say(i.Name)
		s.facts(words.InstitutionFacts(i, now))
	}
	s.say(words.NotProvenTitle)
	for _, l := range words.NotProven() {
		s.say("  " + l)
	}
}

// show tells all about one item, whatever the last list was.
func (s *session) show(_ context.Context, n int) error {
	switch {
	case s.requests != nil:
		r, err := at(s.requests, n)
		if err == nil {
			s.say(words.Request(r))
			s.facts(words.RequestFacts(r, s.now()))
		}
		return err
	case s.permissions != nil:
		p, err := at(s.permissions, n)
		if err == nil {
			s.say(words.Permission(p))
			s.facts(words.PermissionFacts(p, s.now()))
		}
		return err
	}
	return s.showEntry(n)
}

func (s *session) showEntry(n int) error {
	r, err := at(s.rows, n)
	if err != nil {
		return err
	}
	d, err := s.wallet.Entry(r.Log, r.Number)
	if err != nil {
		return err
	}
	names := words.NamesOf(s.wallet.Snapshot())
	s.say(words.RowLine(r, names, s.now()))
	s.facts(words.EntryFacts(d, names, s.now()))
	if l := words.LegalBasis(r); l != "" {
		s.facts([]words.Fact{{Label: words.LegalTitle, Text: l}})
	}
	s.say(words.ProofTitle + ": " + words.EntryProven(d))
	s.facts(words.EntryProof(d))
	return nil
}
