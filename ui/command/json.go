package command

import (
	"fmt"
	"time"

	"carekey/consent"
	"carekey/ui/words"
	"carekey/wallet"
)

// The shapes of --json. Names and meanings stay; later versions may add fields.
// Times are RFC 3339 in UTC, days are ISO 8601, ids are as in handle.go or full
// hexadecimal; kinds of records, purposes and reasons are the words that flags
// take. A text named sentence is for people and may change.

type failure struct {
	Error failureBody `json:"error"`
}

type failureBody struct {
	Code    int    `json:"code"` // the exit code
	Message string `json:"message"`
}

type proofJSON struct {
	Level        string     `json:"level"` // none, green, amber, red
	Entries      uint64     `json:"entries"`
	Of           uint64     `json:"of"`
	Institutions int        `json:"institutions"`
	At           *time.Time `json:"at"` // of the proving header; null before the first
	Height       int64      `json:"height"`
	Header       string     `json:"header"`
	Sentence     string     `json:"sentence"`
}

type problemJSON struct {
	Code        string    `json:"code"`
	Severity    string    `json:"severity"` // note, warning, alarm
	Institution string    `json:"institution"`
	Since       time.Time `json:"since,omitzero"`
	Evidence    string    `json:"evidence,omitempty"`
	Title       string    `json:"title"`
	Happened    string    `json:"happened"`
	Safe        string    `json:"safe"`
	Do          string    `json:"do"`
}

type institutionJSON struct {
	Name     string    `json:"name"`
	ID       string    `json:"id"`
	Chart    string    `json:"chart"`
	Record   string    `json:"record"`
	Entries  uint64    `json:"entries"`
	Accesses uint64    `json:"accesses"`
	New      int       `json:"new"`
	Blocked  bool      `json:"blocked"`
	Closed   bool      `json:"closed"`
	Reached  time.Time `json:"reached,omitzero"`
}

type statusJSON struct {
	Person       string            `json:"person"`
	Proof        proofJSON         `json:"proof"`
	Problems     []problemJSON     `json:"problems"`
	Institutions []institutionJSON `json:"institutions"`
	Requests     int               `json:"requests"`
	Permissions  int               `json:"permissions"`
	Sending      []string          `json:"sending"`
	Entries      int               `json:"entries"`
}

type scopeJSON struct {
	Types     []string     `json:"types"`
	From      consent.Date `json:"from"`
	To        consent.Date `json:"to"`
	Sensitive []string     `json:"sensitive"`
}

type personJSON struct {
	Name string `json:"name"`
	Role string `json:"role"`
}

type licenceJSON struct {
	Good    bool         `json:"good"`
	Board   string       `json:"board"`
	Checked consent.Date `json:"checked"`
}

type requestJSON struct {
	ID          string       `json:"id"`
	Chart       string       `json:"chart"`
	Number      uint64       `json:"number"`
	Kind        string       `json:"kind"` // look, move
	Institution string       `json:"institution"`
	From        string       `json:"from"`
	By          personJSON   `json:"by"`
	Licence     licenceJSON  `json:"licence"`
	Purpose     string       `json:"purpose"`
	Why         string       `json:"why"`
	Scope       scopeJSON    `json:"scope"`
	KeptUntil   consent.Date `json:"keptUntil"`
	Uses        uint32       `json:"uses"` // 0: as often as needed
	Until       time.Time    `json:"until"`
	Asked       time.Time    `json:"asked"`
	Due         time.Time    `json:"due,omitzero"`
	PutOff      time.Time    `json:"putOff,omitzero"`
	WaitsFor    string       `json:"waitsFor"`
	Sentence    string       `json:"sentence"`
}

type requestsJSON struct {
	Proof    proofJSON     `json:"proof"`
	Requests []requestJSON `json:"requests"`
}

type permissionJSON struct {
	ID          string    `json:"id"`
	Institution string    `json:"institution"`
	From        string    `json:"from"`
	Transfer    string    `json:"transfer"` // full id; empty for a grant
	State       string    `json:"state"`    // of a transfer
	Purpose     string    `json:"purpose"`
	Scope       scopeJSON `json:"scope"`
	Sentences   []string  `json:"sentences"`
	Given       time.Time `json:"given"`
	Until       time.Time `json:"until"`
	Uses        uint32    `json:"uses"`
	Used        uint32    `json:"used"`
	Revoking    bool      `json:"revoking"`
	Sentence    string    `json:"sentence"`
}

type transferJSON struct {
	ID          string               `json:"id"`
	From        string               `json:"from"`
	To          string               `json:"to"`
	State       string               `json:"state"`
	Stopped     bool                 `json:"stopped"`
	MayHaveData bool                 `json:"mayHaveData"`
	Records     uint64               `json:"records"`
	LeftOut     uint64               `json:"leftOut"`
	KeptBack    []string             `json:"keptBack"` // kinds of which the source's record system gave not all
	Uses        uint32               `json:"uses"`
	Used        uint32               `json:"used"`
	Steps       map[string]time.Time `json:"steps"` // the newest of each
	Sentence    string               `json:"sentence"`
}

type permissionsJSON struct {
	Proof       proofJSON         `json:"proof"`
	AllProven   bool              `json:"allProven"` // these are all that exist
	Permissions []permissionJSON  `json:"permissions"`
	Transfers   []transferJSON    `json:"transfers"`
	Unconfirmed []unconfirmedJSON `json:"unconfirmed"`
}

// unconfirmedJSON is a permission that was taken back and whose institution has
// not yet said that it follows.
type unconfirmedJSON struct {
	ID          string    `json:"id"` // of the entry that took it back
	Institution string    `json:"institution"`
	Since       time.Time `json:"since"`
	Overdue     bool      `json:"overdue"`
}

func unconfirmedOf(u wallet.Unconfirmed) unconfirmedJSON {
	return unconfirmedJSON{handleOf(u.Chart, u.Number), u.Institution, u.Since.UTC(), u.Overdue}
}

// actJSON is what a command did: it is signed and on its way, and counts when
// it is proven.
type actJSON struct {
	Done      string   `json:"done"` // approve, deny, later, refuse, lift, revoke, query
	ID        string   `json:"id"`
	Sentences []string `json:"sentences,omitempty"` // that were signed
}

func proofOf(p wallet.Proof, now time.Time) proofJSON {
	j := proofJSON{
		Level:   levels[words.ProofNow(p, now)],
		Entries: p.Entries, Of: p.Of, Institutions: p.Institutions, Height: p.Height, Header: p.Header.String(),
		Sentence: words.Proof(p, now),
	}
	if !p.At.IsZero() {
		at := p.At.UTC()
		j.At = &at
	}
	return j
}

var levels = map[wallet.ProofLevel]string{
	wallet.ProofNone: "none", wallet.ProofGreen: "green", wallet.ProofAmber: "amber", wallet.ProofRed: "red",
}

var severities = map[words.Severity]string{words.Note: "note", words.Warning: "warning", words.Alarm: "alarm"}

// list makes a JSON list that is never null.
func list[A, B any](in []A, f func(A) B) []B {
	out := make([]B, 0, len(in))
	for _, v := range in {
		out = append(out, f(v))
	}
	return out
}

// flagOf is the word that flags take for a value.
func flagOf[T fmt.Stringer](v T) string { return words.FlagValue(v.String()) }

func same[T any](v T) T { return v }

func scopeOf(s consent.Scope) scopeJSON {
	return scopeJSON{Types: list(s.Types, flagOf), From: s.From, To: s.To, Sensitive: list(s.Sensitive, flagOf)}
}

func problemOf(now time.Time) func(wallet.Problem) problemJSON {
	return func(p wallet.Problem) problemJSON {
		w := words.Explain(p, now)
		return problemJSON{
			Code: string(p.Code), Severity: severities[w.Severity], Institution: p.Institution, Since: p.Since.UTC(),
			Evidence: p.Evidence, Title: w.Title, Happened: w.Happened, Safe: w.Safe, Do: w.Do,
		}
	}
}

func institutionOf(i wallet.Institution) institutionJSON {
	return institutionJSON{
		Name: i.Name, ID: i.ID.String(), Chart: i.Chart.String(), Record: i.Record, Entries: i.Entries,
		Accesses: i.Accesses, New: i.New, Blocked: i.Blocked, Closed: i.Closed, Reached: i.Reached.UTC(),
	}
}

func requestOf(r wallet.Request) requestJSON {
	kind := "look"
	if r.Kind == consent.Move {
		kind = "move"
	}
	j := requestJSON{
		ID: handleOf(r.ID.Chart, r.ID.Number), Chart: r.ID.Chart.String(), Number: r.ID.Number, Kind: kind,
		Institution: r.Institution, From: r.From, By: personJSON{r.By.Name, r.By.Role}, Purpose: words.PurposeFlag(r.Purpose), Why: r.Why,
		Licence: licenceJSON{Good: r.Licence.Good, Board: r.Licence.Board},
		Scope:   scopeOf(r.Scope), KeptUntil: r.KeptUntil, Uses: r.Uses, Until: r.Until.UTC(), Asked: r.Asked.UTC(),
		Due: r.Due.UTC(), PutOff: r.PutOff.UTC(), WaitsFor: r.WaitsFor, Sentence: words.Request(r),
	}
	if !r.Licence.Checked.IsZero() {
		j.Licence.Checked = consent.Date(r.Licence.Checked.Format(time.DateOnly))
	}
	return j
}

func permissionOf(p wallet.Permission) permissionJSON {
	j := permissionJSON{
		ID: permissionHandle(p), Institution: p.Institution, From: p.From, Purpose: words.PurposeFlag(p.Purpose), Scope: scopeOf(p.Scope),
		Sentences: list(p.Sentences, same), Given: p.Given.UTC(), Until: p.Until.UTC(), Uses: p.Uses, Used: p.Used,
		Revoking: p.Revoking, Sentence: words.Permission(p),
	}
	if p.Transfer != (consent.LogID{}) {
		j.Transfer, j.State = p.Transfer.String(), p.State.String()
	}
	return j
}

func transferOf(t wallet.Transfer) transferJSON {
	j := transferJSON{
		ID: t.ID.String(), From: t.From, To: t.To, State: t.State.String(), Stopped: t.Stopped, MayHaveData: t.MayHaveData,
		Records: t.Records, LeftOut: t.LeftOut, KeptBack: list(t.KeptBack, flagOf[consent.RecordType]), Uses: t.Uses, Used: t.Used, Steps: map[string]time.Time{}, Sentence: words.Transfer(t) + " " + words.TransferNow(t),
	}
	for _, s := range t.Steps {
		j.Steps[string(s.Name)] = s.At.UTC()
	}
	return j
}
