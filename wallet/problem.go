package wallet

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"carekey/consent"
	"carekey/wallet/internal/durable"
	"carekey/wallet/vault"
)

// Liar is an error that says that a server was caught lying; package client's
// lies are of this kind.
type Liar interface {
	error
	// Lie names what was found, for the Proof page.
	Lie() string
	// Evidence is a file that proves it; nil if there is none.
	Evidence() []byte
}

// fault notes a problem of a log until its next good reading.
func (w *Wallet) fault(log consent.LogID, p Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults[log] = p
	w.projectLocked()
}

// failed turns the error of a reading into a problem. A lie is kept with its
// evidence and stays until somebody dealt with it.
func (w *Wallet) failed(log consent.LogID, at consent.InstitutionID, err error) {
	p := Problem{Code: ProblemUnreachable, Since: w.Now(), Detail: err.Error()}
	w.mu.Lock()
	p.Institution = w.nameLocked(at)
	if old, ok := w.faults[log]; ok && old.Code == p.Code {
		p.Since = old.Since
	}
	w.mu.Unlock()
	var lie Liar
	switch {
	case errors.As(err, &lie):
		w.caught(log, at, lie)
		return
	case errors.Is(err, ErrClock):
		p.Code, p.Institution = ProblemClock, ""
	}
	w.fault(log, p)
}

// unkept turns the error of keeping a good reading into a problem: its entries
// break the rules, or the files cannot be written.
func (w *Wallet) unkept(log consent.LogID, err error) {
	p := Problem{Code: ProblemVault, Since: w.Now(), Detail: err.Error()}
	if errors.Is(err, consent.ErrDeadGrant) {
		p.Code = ProblemLie
	}
	w.fault(log, p)
}

// caught keeps a lie: its evidence in a file, its name in the book. While one
// alarms, the same lie adds nothing; once it was seen, it is a new one.
func (w *Wallet) caught(log consent.LogID, at consent.InstitutionID, lie Liar) {
	alarms := func(b *book) bool {
		return slices.ContainsFunc(b.Evidence, func(e evidence) bool { return e.Log == log && e.What == lie.Lie() && e.Seen == 0 })
	}
	w.mu.Lock()
	known := alarms(w.book)
	w.mu.Unlock()
	if known {
		return
	}
	path, err := w.keepEvidence(lie)
	if err != nil {
		w.Log.Error("the evidence could not be kept", "err", err)
	}
	err = w.update(func(b *book) (vault.Batch, error) {
		if alarms(b) {
			return vault.Batch{}, errSame
		}
		b.Evidence = append(b.Evidence, evidence{Institution: at, Log: log, Time: local(w.Now()), What: lie.Lie(), File: path})
		if len(b.Evidence) > 32 {
			b.Evidence = b.Evidence[len(b.Evidence)-32:]
		}
		return vault.Batch{}, nil
	})
	if err != nil {
		w.Log.Error("a caught lie was not written down", "err", err)
	}
}

// keepEvidence writes what proves a lie into a file named for its content.
func (w *Wallet) keepEvidence(lie Liar) (string, error) {
	file := lie.Evidence()
	if w.Config.Evidence == "" || len(file) == 0 {
		return "", nil
	}
	if err := os.MkdirAll(w.Config.Evidence, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(w.Config.Evidence, consent.Sum(file).String()[:16]+".carekey")
	return path, durable.Write(durable.OS{}, path, func(out io.Writer) error {
		_, err := out.Write(file)
		return err
	})
}

// Grace times after which something is shown as a problem.
const (
	matchGrace   = 15 * time.Minute
	confirmGrace = 5 * time.Minute
	greenFor     = 60 * time.Second
)

// problems gathers everything that is wrong, most severe first.
func (w *Wallet) problems() []Problem {
	all := slices.Clone(w.Known)
	for _, e := range w.book.Evidence {
		all = append(all, w.lieProblem(e))
	}
	all = append(all, w.faultProblems()...)
	for _, p := range w.failures {
		all = append(all, p)
	}
	for i := range w.book.Transfers {
		all = append(all, w.transferProblems(&w.book.Transfers[i])...)
	}
	for i := range w.book.Charts {
		all = append(all, w.chartProblems(&w.book.Charts[i])...)
	}
	if age := local(w.Now()).Sub(w.tip.Time); w.tip.Time != 0 && age > greenFor {
		all = append(all, Problem{Code: ProblemStale, Since: w.tip.Time.Time()})
	}
	if w.book.Recovery == 0 && len(w.book.Charts) > 0 {
		all = append(all, Problem{Code: ProblemNoRecovery})
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return severity(a.Code) - severity(b.Code) })
	return all
}

// faultProblems is what is wrong with reading the logs. What hides several logs
// at once, such as an institution in the dark, a wrong clock or a full disk, is
// one problem: the longest.
func (w *Wallet) faultProblems() []Problem {
	type cause struct {
		code        ProblemCode
		institution string
	}
	oldest := map[cause]Problem{}
	var all []Problem
	for log, p := range w.faults {
		p.Chart = log
		if p.Code == ProblemLie {
			all = append(all, p)
			continue
		}
		c := cause{p.Code, p.Institution}
		if old, there := oldest[c]; !there || p.Since.Before(old.Since) {
			oldest[c] = p
		}
	}
	all = slices.AppendSeq(all, maps.Values(oldest))
	slices.SortFunc(all, func(a, b Problem) int { return bytes.Compare(a.Chart[:], b.Chart[:]) })
	return all
}

// severity orders the problems; ui's catalogue says how loud each is.
func severity(c ProblemCode) int {
	order := []ProblemCode{
		ProblemLie, ProblemOldVault, ProblemMayHaveData, ProblemVault, ProblemActFailed, ProblemUnmatched,
		ProblemUnconfirmed, ProblemOverdueAnswer, ProblemWithheld, ProblemClock, ProblemStale,
		ProblemUnreachable, ProblemKeyring, ProblemSeenLie, ProblemNoRecovery,
	}
	return slices.Index(order, c)
}

func (w *Wallet) transferProblems(t *transfer) []Problem {
	var found []Problem
	now := w.nowLocked()
	if t.State.Stopped && t.State.Stored == consent.TransferReleased {
		found = append(found, Problem{
			Code: ProblemMayHaveData, Institution: w.nameLocked(t.To), Chart: t.Name.Chart, Since: t.State.StoppedAt.Time(),
		})
	}
	if u := t.unmatched(); u != nil && now.Sub(u.Received) > matchGrace {
		missing := t.To
		if u.Gave == 0 {
			missing = t.From
		}
		found = append(found, Problem{
			Code: ProblemUnmatched, Institution: w.nameLocked(missing), Chart: t.Name.Chart, Since: u.Received.Time(),
		})
	}
	return found
}

func (t *transfer) lastStep() consent.Time {
	if len(t.Steps) == 0 {
		return t.Asked
	}
	return t.Steps[len(t.Steps)-1].Time
}

func (w *Wallet) chartProblems(c *chart) []Problem {
	var found []Problem
	now := w.nowLocked()
	if n := len(c.View.Withheld); n > 0 {
		found = append(found, Problem{Code: ProblemWithheld, Institution: c.At.Name, Chart: c.Log, Number: c.View.Withheld[n-1]})
	}
	for _, u := range c.View.Unconfirmed {
		if now.Sub(u.Time) > confirmGrace {
			found = append(found, Problem{
				Code: ProblemUnconfirmed, Institution: c.At.Name, Chart: c.Log, Number: u.Number, Since: u.Time.Time(),
			})
			break
		}
	}
	for _, q := range c.View.Queries {
		if now > q.Due {
			found = append(found, Problem{
				Code: ProblemOverdueAnswer, Institution: c.At.Name, Chart: c.Log, Number: q.About, Since: q.Due.Time(),
			})
		}
	}
	return found
}

// nowLocked is the later of this machine's clock and the newest proven time.
func (w *Wallet) nowLocked() consent.Time { return max(local(w.Now()), w.tip.Time) }
