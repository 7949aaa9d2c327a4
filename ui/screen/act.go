package screen

import (
	"context"
	"time"

	tea "charm.land/bubbletea/v2"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/words"
	"carekey/wallet"
)

// action is what a person decided. Dialogs return it, the root carries it out.
type action interface {
	do(context.Context, ui.Wallet) error
	sending() string              // said while it is under way
	failed() (title, safe string) // said when it did not work
	kinds() []wallet.ActKind      // what it is while the wallet sends it; nil if nothing is sent
}

type (
	approval struct {
		request wallet.Request
		choice  wallet.Choice
	}
	denial struct {
		request wallet.Request
		reason  string
	}
	delay struct {
		request wallet.Request
		until   time.Time
	}
	refusal struct {
		chart       consent.LogID
		institution string
		lift        bool
	}
	revocation struct{ permission wallet.Permission }
	sight      struct{ problem wallet.Problem }
	question   struct {
		row  wallet.Row
		text string
	}
)

func (a approval) do(ctx context.Context, w ui.Wallet) error {
	return w.Approve(ctx, a.request.ID, a.choice)
}
func (a approval) sending() string              { return words.SendingYes(a.request.Institution) }
func (a approval) failed() (title, safe string) { return words.FailedYes, words.NothingShared }
func (approval) kinds() []wallet.ActKind        { return []wallet.ActKind{wallet.ActApprove} }

func (d denial) do(ctx context.Context, w ui.Wallet) error {
	return w.Deny(ctx, d.request.ID, d.reason)
}
func (d denial) sending() string              { return words.SendingNo(d.request.Institution) }
func (d denial) failed() (title, safe string) { return words.FailedNo, words.NothingShared }
func (denial) kinds() []wallet.ActKind        { return []wallet.ActKind{wallet.ActDeny} }

func (d delay) do(_ context.Context, w ui.Wallet) error { return w.PutOff(d.request.ID, d.until) }
func (d delay) sending() string                         { return words.PutOffDone(d.until) }
func (d delay) failed() (title, safe string)            { return words.FailedLater, words.NothingShared }
func (delay) kinds() []wallet.ActKind                   { return nil }

func (r refusal) do(ctx context.Context, w ui.Wallet) error { return w.Block(ctx, r.chart, !r.lift) }
func (r refusal) sending() string                           { return words.SendingBlock(r.institution, !r.lift) }
func (r refusal) failed() (title, safe string)              { return words.FailedBlock, words.PerhapsNotAll }
func (refusal) kinds() []wallet.ActKind                     { return []wallet.ActKind{wallet.ActBlock, wallet.ActUnblock} }

func (r revocation) do(ctx context.Context, w ui.Wallet) error { return w.Revoke(ctx, r.permission) }
func (r revocation) sending() string                           { return words.SendingRevoke(r.permission.Institution) }
func (r revocation) failed() (title, safe string)              { return words.FailedRevoke, words.MayStillHold }
func (revocation) kinds() []wallet.ActKind                     { return []wallet.ActKind{wallet.ActRevoke, wallet.ActStop} }

func (q question) do(ctx context.Context, w ui.Wallet) error {
	return w.Query(ctx, q.row.Log, q.row.Number, q.text)
}
func (q question) sending() string              { return words.SendingQuery(q.row.Institution) }
func (q question) failed() (title, safe string) { return words.FailedQuery, words.NothingShared }
func (question) kinds() []wallet.ActKind        { return []wallet.ActKind{wallet.ActQuery} }

func (s sight) do(_ context.Context, w ui.Wallet) error { return w.Seen(s.problem) }
func (sight) sending() string                           { return words.Seen }
func (sight) failed() (title, safe string)              { return words.FailedSeen, words.NothingShared }
func (sight) kinds() []wallet.ActKind                   { return nil }

type (
	actMsg   struct{ action action }
	actedMsg struct {
		action action
		err    error
	}
)

// decide hands an action to the root.
func decide(a action) tea.Cmd { return send(actMsg{a}) }

// act carries out a decision; the dialogs that led to it are done with.
func (m *Model) act(a action) tea.Cmd {
	m.dialogs.clear()
	m.busy++
	m.say(a.sending())
	m.notice.sending = a.kinds()
	ctx, w := m.life, m.wallet
	return func() tea.Msg { return actedMsg{a, a.do(ctx, w)} }
}

func (m *Model) acted(msg actedMsg) tea.Cmd {
	m.busy--
	if msg.err == nil {
		return nil
	}
	m.notice = notice{}
	title, safe := msg.action.failed()
	return m.open(&messageScreen{title: title, lines: words.NotDone(msg.err, safe)})
}
