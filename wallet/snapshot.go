package wallet

import (
	"slices"
	"time"

	"carekey/consent"
)

// Snapshot is everything the wallet knows, at one moment. It is immutable:
// screens keep it as long as they like.
type Snapshot struct {
	Person       string // the profile's name
	Proof        Proof
	Problems     []Problem // most severe first
	Institutions []Institution
	Requests     []Request
	Permissions  []Permission
	Transfers    []Transfer // running, or finished in the last 30 days, newest first
	Queries      []Query
	Unconfirmed  []Unconfirmed // what was taken back, until the institution says that it follows
	Sending      []Sending
	Since        Since
	Rows         int    // lines of the whole history
	Vault        uint64 // generation: histories read before it may be older
}

// ProofLevel is the colour of the first line. Green never without a proof made
// on this machine.
type ProofLevel uint8

// The levels.
const (
	ProofNone  ProofLevel = iota // nothing verified yet in this run
	ProofGreen                   // complete and at most 60 seconds old
	ProofAmber                   // complete, but old or not all institutions reached
	ProofRed                     // a proof failed
)

// Proof is the one line about whether what is shown is whole.
type Proof struct {
	Level        ProofLevel
	Entries      uint64    // verified
	Of           uint64    // that the proven heads name
	Institutions int       // distinct institutions that signed the newest header
	At           time.Time // of the proving header; zero before the first
	Height       int64
	Header       consent.Hash
}

// ProblemCode names a kind of problem; ui's catalogue has its words.
type ProblemCode string

// The problems a wallet can have.
const (
	ProblemLie           ProblemCode = "lie"            // a server was caught; evidence is kept
	ProblemSeenLie       ProblemCode = "seen-lie"       // the same, and the patient has said to have seen it
	ProblemUnreachable   ProblemCode = "unreachable"    // an institution does not answer
	ProblemStale         ProblemCode = "stale"          // the newest proof is too old
	ProblemClock         ProblemCode = "clock"          // this machine's clock is wrong
	ProblemWithheld      ProblemCode = "withheld"       // an institution has not said what an entry was
	ProblemUnmatched     ProblemCode = "unmatched"      // a transfer's two sides do not agree in time
	ProblemMayHaveData   ProblemCode = "may-have-data"  // stopped after release
	ProblemUnconfirmed   ProblemCode = "unconfirmed"    // a revocation waits for the institution's word
	ProblemOverdueAnswer ProblemCode = "overdue-answer" // a query was not answered in time
	ProblemActFailed     ProblemCode = "act-failed"     // an act was refused, or not included in time
	ProblemOldVault      ProblemCode = "old-vault"      // the files are older than the keyring remembers
	ProblemVault         ProblemCode = "vault"          // disk full, torn file
	ProblemKeyring       ProblemCode = "keyring"        // the roll-back marks cannot be kept
	ProblemNoRecovery    ProblemCode = "no-recovery"    // no recovery file was ever opened
)

// Problem is one thing that is wrong.
type Problem struct {
	Code        ProblemCode
	Institution string // the name concerned, if any
	Chart       consent.LogID
	Number      uint64 // the entry concerned, if any
	Since       time.Time
	Evidence    string // path of the evidence file, for ProblemLie
	Detail      string // for the "Proof" pane; never needed to understand
}

// Institution is one chart as Home shows it.
type Institution struct {
	Chart       consent.LogID
	ID          consent.InstitutionID
	Name        string
	Kind        consent.InstitutionKind
	Place       string
	Record      string // the institution's record number
	Opened      time.Time
	Entries     uint64
	Accesses    uint64
	LastAccess  time.Time
	Days        [30]uint16 // accesses per day, the last one today
	New         int        // accesses since you last looked
	Blocked     bool
	Unwanted    int // requests that came while blocked
	FrozenUntil time.Time
	Closed      bool
	Reached     time.Time // last successful check
}

// RequestID names a request: the entry in its chart.
type RequestID struct {
	Chart  consent.LogID
	Number uint64
}

// Licence is what the registry says of a clinician's licence.
type Licence struct {
	Status  consent.LicenceStatus // 0: no licence named
	Board   string
	Checked time.Time // the day it was checked for
	Good    bool
}

// Request waits for the patient.
type Request struct {
	ID          RequestID
	Kind        consent.RequestKind
	Institution string // who asks
	From        string // where the records are; empty for Look
	By          consent.Person
	Licence     Licence
	Purpose     consent.Purpose
	Why         string
	Scope       consent.Scope
	KeptUntil   consent.Date
	Uses        uint32
	Until       time.Time // end of the permission asked for
	Asked       time.Time
	Due         time.Time // the request itself expires
	PutOff      time.Time // the patient said "later"; zero if not
	WaitsFor    string    // an institution that must be reached before it can be approved
}

// Choice is a yes, as far as it goes: what the patient lets through. The zero
// Scope is refused.
type Choice struct {
	Scope     consent.Scope
	Uses      uint32
	Until     time.Time
	KeptUntil consent.Date
}

// Permission is a live grant, or a transfer that is not finished.
type Permission struct {
	Chart       consent.LogID // of a grant; for a transfer, the chart at the destination
	Grant       uint64        // number of the grant, when Transfer is zero
	Transfer    consent.LogID
	Institution string // who may
	From        string // source, for a transfer
	By          consent.Person
	Purpose     consent.Purpose
	Scope       consent.Scope
	Sentences   []string
	Given       time.Time
	Until       time.Time
	Uses, Used  uint32
	State       consent.TransferState
	Revoking    bool // sent, not yet proven
}

// Transfer is one movement of records, for the patient's eyes: asked →
// approved → collected → released → received → matched.
type Transfer struct {
	ID          consent.LogID
	From, To    string
	State       consent.TransferState
	Stopped     bool
	MayHaveData bool           // stopped after the release
	Steps       []TransferStep // of all its uses, in order
	Uses, Used  uint32
	Scope       consent.Scope
	Records     uint64 // that were sent
	LeftOut     uint64
	KeptBack    []consent.RecordType // of which the source's record system gave not all
	Verdict     consent.Verdict
}

// Reached tells whether the newest use has come to a step. A transfer that may
// be used more than once is asked for and approved once.
func (t Transfer) Reached(name TransferStepName) bool {
	var begun time.Time
	for _, s := range t.Steps {
		if s.Name == StepCollected {
			begun = s.At
		}
	}
	return slices.ContainsFunc(t.Steps, func(s TransferStep) bool {
		return s.Name == name && (name == StepAsked || name == StepApproved || !s.At.Before(begun))
	})
}

// TransferStep is a step that is proven, with its time.
type TransferStep struct {
	Name TransferStepName
	At   time.Time
}

// TransferStepName names a step on the patient's screen.
type TransferStepName string

// The steps in their order.
const (
	StepAsked     TransferStepName = "asked"
	StepApproved  TransferStepName = "approved"
	StepCollected TransferStepName = "collected"
	StepReleased  TransferStepName = "released"
	StepReceived  TransferStepName = "received"
	StepMatched   TransferStepName = "matched"
	StepStopped   TransferStepName = "stopped"
	StepVoid      TransferStepName = "void"

	// StepUndelivered: released, but both institutions signed that nothing
	// arrived.
	StepUndelivered TransferStepName = "undelivered"
)

// Query is an "I don't recognise this".
type Query struct {
	Chart       consent.LogID
	Number      uint64 // of the query's entry
	About       uint64
	Institution string
	Asked, Due  time.Time
	Overdue     bool
}

// Unconfirmed is a permission that was taken back, proven, and not yet
// acknowledged by its institution.
type Unconfirmed struct {
	Chart       consent.LogID
	Number      uint64 // of the revocation's entry
	Institution string
	Since       time.Time
	Overdue     bool // it has had time enough: there is a problem, too
}

// ActKind names what the patient did.
type ActKind string

// The acts.
const (
	ActApprove ActKind = "approve"
	ActDeny    ActKind = "deny"
	ActRevoke  ActKind = "revoke"
	ActQuery   ActKind = "query"
	ActBlock   ActKind = "block"
	ActUnblock ActKind = "unblock"
	ActJoin    ActKind = "join"
	ActStop    ActKind = "stop"
)

// Sending is an act that is signed and on its way, not yet proven.
type Sending struct {
	Kind        ActKind
	Institution string
	Since       time.Time
	WaitsFor    string // whom the network waits for
	Target      RequestID
}

// Since sums up what happened since the patient last looked.
type Since struct {
	LastLooked time.Time
	Accesses   int
	By         []SinceBy
}

// SinceBy is one institution's part.
type SinceBy struct {
	Institution string
	Accesses    int
}
