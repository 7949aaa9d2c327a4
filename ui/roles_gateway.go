package ui

import (
	"context"
	"log/slog"
	"time"

	"carekey/consent"
)

// GatewayRoles are what an institution does. All but Run speak to the running
// gateway of the same home folder.
type GatewayRoles struct {
	// Run runs the gateway until the context ends.
	Run     func(context.Context, GatewayOptions) error
	Status  func(ctx context.Context, home string) (GatewayStatus, error)
	Invite  func(context.Context, InviteOptions) (InviteReport, error)
	Request func(context.Context, AskOptions) (AskReport, error)
	Look    func(context.Context, LookOptions) (LookReport, error)
	Answer  func(context.Context, AnswerOptions) error
	// Collect begins another use of a transfer that the patient allowed more
	// than once.
	Collect func(context.Context, CollectOptions) (CollectReport, error)
}

// GatewayOptions run a gateway.
type GatewayOptions struct {
	Home      string
	Listen    string // host:port; "" as the home says
	Metrics   string // host:port for /metrics and /healthz; "" for none
	FHIR      string // base URL of a FHIR R4 server; "" for the embedded store
	TokenFile string // file with the bearer token for FHIR; "" for none
	System    string // identifier system of the record numbers in FHIR; "" for any
	Log       *slog.Logger
}

// GatewayStatus is how a gateway is.
type GatewayStatus struct {
	Institution string
	Address     string
	Charts      int
	Outbox      int // entries signed and not yet proven
	Transfers   int // running
	Queries     []GatewayQuery
	Copies      []GatewayCopy // to this institution, newest first
	Height      int64
	Time        time.Time // of the newest verified header
	Problem     string    // why nothing is proven now; then there is no height, no time and perhaps no name
}

// GatewayQuery is a patient's question that waits for an answer.
type GatewayQuery struct {
	Record string
	Chart  consent.LogID
	Number uint64
	About  uint64
	Text   string
	Due    time.Time
}

// GatewayCopy is a copy of records that a patient allowed this institution to
// receive, and how far it is.
type GatewayCopy struct {
	Transfer   consent.LogID
	Record     string // where staff can act
	From       string // name of the institution that holds the records
	Uses, Used uint32
	Until      time.Time
	Running    bool
	Again      bool   // it may be collected again
	Text       string // why the newest use ended, if it did not end well
}

// InviteOptions invite the person of a record.
type InviteOptions struct {
	Home   string
	Record string // the institution's record number
	Again  bool   // it has a chart: the invitation lets the chart's own key find it
}

// InviteReport holds a bearer secret: hand it to one person.
type InviteReport struct {
	Invitation string // text form of a consent.Invitation
	Expires    time.Time
}

// AskOptions ask a patient.
type AskOptions struct {
	Home      string
	Record    string
	From      string // name or id of the institution that holds the records; "" asks to use one's own
	By        Clinician
	Purpose   consent.Purpose
	Why       string
	Scope     consent.Scope
	KeptUntil consent.Date
	Uses      uint32        // 0: as often as needed until the end
	For       time.Duration // how long the permission lasts
	Due       time.Duration // how long the request stays open
}

// Clinician is who acts, as the institution's command names them.
type Clinician struct {
	Name    string
	Role    string
	Licence string // hexadecimal public key; "" for none
}

// AskReport names the request.
type AskReport struct {
	Chart  consent.LogID
	Number uint64
}

// LookOptions look at a record, with the entry that this makes.
type LookOptions struct {
	Home    string
	Record  string
	By      Clinician
	Basis   consent.Basis
	Purpose consent.Purpose
	Types   []consent.RecordType
	Grant   *uint64 // the permission used, with BasisGrant
}

// LookReport is what was found.
type LookReport struct {
	Chart   consent.LogID
	Number  uint64 // of the access; meaningful when Proven
	Proven  bool   // false: it waits for the next batch
	Records int
	Omitted []string // what the record system gave and could not be read, and why
	Bundle  []byte   // FHIR R4 bundle, JSON
}

// CollectOptions collect a copy once more.
type CollectOptions struct {
	Home     string
	Transfer consent.LogID
}

// CollectReport names the use that was begun.
type CollectReport struct {
	Use  uint32 // its number
	Left uint32 // how often the patient still allows it, this one included
}

// AnswerOptions answer a patient's question.
type AnswerOptions struct {
	Home   string
	Chart  consent.LogID
	Number uint64 // of the query
	By     Clinician
	Text   string
}
