package consent

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// The identifiers are distinct types so that one cannot stand for another.
type (
	// NetworkID is 32 random bytes of the first genesis; it survives every
	// later one.
	NetworkID [32]byte
	// InstitutionID names an institution or a board in the registry.
	InstitutionID [32]byte
	// LogID names a log for ever, whatever its keys become.
	LogID [32]byte
	// Hash is a SHA-256 digest.
	Hash [32]byte
	// KeyID is the short name of a public key.
	KeyID [16]byte
	// Nonce makes a transaction unlike every other.
	Nonce [16]byte
)

// LogKind tells the kinds of log apart.
type LogKind uint8

// The kinds of log.
const (
	RegistryLog LogKind = iota + 1
	ChartLog
	TransferLog
	PlanLog
)

// NewLogID derives the id of a log from its first patient key (protocol §2).
// Institution is zero except for charts.
func NewLogID(kind LogKind, network NetworkID, institution InstitutionID, first PublicKey) LogID {
	inst := []byte{}
	if institution != (InstitutionID{}) {
		inst = institution[:]
	}
	return LogID(Sum(Encode([]any{"carekey/log/1", kind, network, inst, first})))
}

// RegistryLogID is the id of a network's registry log.
func RegistryLogID(network NetworkID) LogID {
	return NewLogID(RegistryLog, network, InstitutionID{}, PublicKey{})
}

// NewInstitutionID derives an institution's id from the ledger key with which
// it first entered the registry.
func NewInstitutionID(network NetworkID, first PublicKey) InstitutionID {
	return InstitutionID(Sum(Encode([]any{"carekey/institution/1", network, first})))
}

// Sum is SHA-256.
func Sum(b []byte) Hash { return sha256.Sum256(b) }

// String is the hexadecimal form.
func (n NetworkID) String() string     { return hex.EncodeToString(n[:]) }
func (i InstitutionID) String() string { return hex.EncodeToString(i[:]) }
func (l LogID) String() string         { return hex.EncodeToString(l[:]) }
func (h Hash) String() string          { return hex.EncodeToString(h[:]) }
func (k KeyID) String() string         { return hex.EncodeToString(k[:]) }

// MarshalText and UnmarshalText give JSON the hexadecimal form.
func (n NetworkID) MarshalText() ([]byte, error)     { return hexText(n[:]) }
func (i InstitutionID) MarshalText() ([]byte, error) { return hexText(i[:]) }
func (l LogID) MarshalText() ([]byte, error)         { return hexText(l[:]) }
func (h Hash) MarshalText() ([]byte, error)          { return hexText(h[:]) }
func (k KeyID) MarshalText() ([]byte, error)         { return hexText(k[:]) }

func (n *NetworkID) UnmarshalText(b []byte) error     { return unhex(n[:], b) }
func (i *InstitutionID) UnmarshalText(b []byte) error { return unhex(i[:], b) }
func (l *LogID) UnmarshalText(b []byte) error         { return unhex(l[:], b) }
func (h *Hash) UnmarshalText(b []byte) error          { return unhex(h[:], b) }
func (k *KeyID) UnmarshalText(b []byte) error         { return unhex(k[:], b) }

func hexText(b []byte) ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

func unhex(into, text []byte) error {
	if len(text) != 2*len(into) {
		return fmt.Errorf("%d hexadecimal digits where %d belong", len(text), 2*len(into))
	}
	_, err := hex.Decode(into, text)
	return err
}
