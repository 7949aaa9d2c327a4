package gateway

import (
	"carekey/consent"
	"carekey/gateway/store"
)

// eventKind names what the audit log tells of. Its lines say nothing about a
// person.
type eventKind string

const (
	refusedEntry    eventKind = "entry refused"
	refusedChart    eventKind = "chart not linked"
	refusedRequest  eventKind = "request refused"
	refusedTransfer eventKind = "transfer refused"
	brokenTransfer  eventKind = "transfer failed"
	movedOut        eventKind = "records sent"
	movedIn         eventKind = "records received"
	stoppedSend     eventKind = "sending stopped"
)

// audit writes a line of the audit log, and the same to the log.
func (g *Gateway) audit(tx *store.Tx, kind eventKind, transfer consent.LogID, text string) error {
	g.log.Info("noted", "event", string(kind), "transfer", short(transfer), "reason", text)
	return tx.Audit(store.Event{Time: g.now(), Kind: string(kind), Transfer: transfer, Text: text})
}

// short is the first characters of a log's id, empty for none.
func short(log consent.LogID) string {
	if log == (consent.LogID{}) {
		return ""
	}
	return log.String()[:12]
}
