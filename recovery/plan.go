package recovery

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// PlanID names a plan, or a secret that was split without one: 16 random bytes,
// on every card of it. All zeros where it is not known.
type PlanID [16]byte

// IsZero tells whether it is not known.
func (id PlanID) IsZero() bool { return id == PlanID{} }

// NewPlanID returns a new one.
func NewPlanID() (PlanID, error) {
	var id PlanID
	if _, err := rand.Read(id[:]); err != nil {
		return id, fmt.Errorf("no random numbers could be had: %w", err)
	}
	return id, nil
}

// String is the id in hexadecimal.
func (id PlanID) String() string { return hex.EncodeToString(id[:]) }

// Short is how people compare two cards: the first eight digits, in two groups.
func (id PlanID) Short() string {
	s := id.String()
	return s[:4] + "-" + s[4:8]
}
