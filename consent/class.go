package consent

import "fmt"

// Class says what an entry is. The class is public; who, why and what stay in
// the entry's detail.
type Class uint8

// The classes (protocol §3.1). Those from Breakglass on that this ledger does
// not accept are refused with [CodeClass]; their numbers are fixed all the same.
const (
	ClassOpen Class = iota + 1
	ClassSay
	ClassGrant
	ClassRevoke
	ClassAccess
	ClassRotate
	ClassFreeze
	ClassClose
	ClassTransferOpen
	ClassCollect
	ClassRelease
	ClassReceived
	ClassVoid
	ClassUndelivered
	ClassStop
	ClassRegistry
	ClassBreakglass
	ClassReview
	ClassDelegate
	ClassCheckpoint
	ClassPlan
	ClassRedeem
	ClassApprove
	ClassVeto
	ClassTold
	ClassPart
	classEnd
)

var classNames = [...]string{
	ClassOpen: "open", ClassSay: "say", ClassGrant: "grant", ClassRevoke: "revoke",
	ClassAccess: "access", ClassRotate: "rotate", ClassFreeze: "freeze", ClassClose: "close",
	ClassTransferOpen: "transfer-open", ClassCollect: "collect", ClassRelease: "release",
	ClassReceived: "received", ClassVoid: "void", ClassUndelivered: "undelivered",
	ClassStop: "stop", ClassRegistry: "registry", ClassBreakglass: "breakglass",
	ClassReview: "review", ClassDelegate: "delegate", ClassCheckpoint: "checkpoint",
	ClassPlan: "plan", ClassRedeem: "redeem", ClassApprove: "approve", ClassVeto: "veto",
	ClassTold: "told", ClassPart: "part",
}

// Known tells whether c has a meaning.
func (c Class) Known() bool { return c >= ClassOpen && c < classEnd }

// Stops tells whether c is of the stop class: such transactions come before
// all others in every block, so that a revocation wins in its own block.
func (c Class) Stops() bool {
	return c == ClassRevoke || c == ClassFreeze || c == ClassStop || c == ClassVeto
}

// String is the class's name in documents and files.
func (c Class) String() string {
	if !c.Known() {
		return fmt.Sprintf("class-%d", uint8(c))
	}
	return classNames[c]
}

// MarshalText gives JSON the name.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// SignerKind says in which capacity a transaction is signed.
type SignerKind uint8

// The signer kinds.
const (
	SignerPatient     SignerKind = iota + 1 // current patient key of the log named in the header
	SignerInstitution                       // ledger key of a registered institution
	SignerSource                            // one-time source key of a transfer
	SignerDestination                       // one-time destination key of a transfer
	SignerGenesis                           // no signature: an entry of the genesis file
)

// Side is who speaks in a chart.
type Side uint8

// The sides.
const (
	SidePatient Side = iota + 1
	SideInstitution
)
