package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"carekey/ui"
	"carekey/ui/words"
)

type gatewayJSON struct {
	Institution string             `json:"institution"`
	Address     string             `json:"address"`
	Charts      int                `json:"charts"`
	Outbox      int                `json:"outbox"`
	Transfers   int                `json:"transfers"`
	Queries     []gatewayQueryJSON `json:"queries"`
	Copies      []gatewayCopyJSON  `json:"copies"` // to this institution, newest first
	Height      int64              `json:"height"`
	Time        time.Time          `json:"time,omitzero"`
	Problem     string             `json:"problem,omitempty"` // why nothing is proven now
}

type gatewayQueryJSON struct {
	ID     string    `json:"id"`
	Record string    `json:"record"`
	About  uint64    `json:"about"`
	Text   string    `json:"text"`
	Due    time.Time `json:"due"`
}

type gatewayCopyJSON struct {
	ID       string    `json:"id"`
	Transfer string    `json:"transfer"`
	Record   string    `json:"record"` // where it may be received again
	From     string    `json:"from"`
	Uses     uint32    `json:"uses"`
	Used     uint32    `json:"used"`
	Until    time.Time `json:"until,omitzero"`
	Running  bool      `json:"running"`
	Again    bool      `json:"again"`          // it may be received again
	Text     string    `json:"text,omitempty"` // why the newest use ended, if it did not end well
}

func gatewayCopyOf(c ui.GatewayCopy) gatewayCopyJSON {
	return gatewayCopyJSON{
		copyHandle(c.Transfer), c.Transfer.String(), c.Record, c.From, c.Uses, c.Used, c.Until.UTC(), c.Running, c.Again, c.Text,
	}
}

type inviteJSON struct {
	Invitation  string    `json:"invitation"` // a bearer secret
	Fingerprint []string  `json:"fingerprint"`
	Expires     time.Time `json:"expires"`
}

type askJSON struct {
	ID     string `json:"id"`
	Chart  string `json:"chart"`
	Number uint64 `json:"number"`
}

type lookJSON struct {
	ID      string          `json:"id,omitempty"` // of the entry, once it is proven
	Chart   string          `json:"chart,omitempty"`
	Number  uint64          `json:"number"`
	Proven  bool            `json:"proven"` // false: the entry waits for the next batch
	Records int             `json:"records"`
	Omitted []string        `json:"omitted"` // what could not be read, and why
	Bundle  json.RawMessage `json:"bundle"`  // FHIR R4
}

func gatewayOf(s ui.GatewayStatus) gatewayJSON {
	return gatewayJSON{
		Institution: s.Institution, Address: s.Address, Charts: s.Charts, Outbox: s.Outbox, Transfers: s.Transfers,
		Height: s.Height, Time: s.Time.UTC(), Problem: s.Problem, Copies: list(s.Copies, gatewayCopyOf),
		Queries: list(s.Queries, func(q ui.GatewayQuery) gatewayQueryJSON {
			return gatewayQueryJSON{handleOf(q.Chart, q.Number), q.Record, q.About, q.Text, q.Due.UTC()}
		}),
	}
}

func lookOf(r ui.LookReport) lookJSON {
	id, chart := "", ""
	if r.Proven {
		id, chart = handleOf(r.Chart, r.Number), r.Chart.String()
	}
	return lookJSON{id, chart, r.Number, r.Proven, r.Records, list(r.Omitted, words.Clean), printable(r.Bundle)}
}

// printable writes what a record system gave so that it means the same and
// nothing in it can act on a terminal: JSON lets control and direction
// characters stand in its texts.
func printable(bundle []byte) []byte {
	hidden := func(r rune) bool { return !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' }
	if !bytes.ContainsFunc(bundle, hidden) {
		return bundle
	}
	out := make([]byte, 0, len(bundle)+64)
	for _, r := range string(bundle) {
		if !hidden(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, "\\u%04x", unit)
		}
	}
	return out
}

func findQuery(s ui.GatewayStatus, text string) (ui.GatewayQuery, error) {
	prefix, number, has, err := parseHandle(text)
	if err != nil {
		return ui.GatewayQuery{}, err
	}
	return only(s.Queries, func(q ui.GatewayQuery) bool {
		return has && q.Number == number && strings.HasPrefix(q.Chart.String(), prefix)
	}, text)
}
