package card

import (
	"errors"
	"fmt"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

// ErrNoCode means that a code to scan is none of a card's.
var ErrNoCode = errors.New("this code is not one of a card with a share")

// MaxCodeBytes is how long a card's code can be: the plan's id and a packed share
// of the longest secret.
const MaxCodeBytes = len(recovery.PlanID{}) + 5 + slip39.MaxSecretBytes

// Code is what the card's QR code holds: the plan's id (16 bytes), then the packed
// share. For a secret of 256 bits these are 53 bytes, which fit version 3 at level
// L, and version 4 at level M.
func (c Card) Code() []byte { return append(c.Plan[:], c.Share.Pack()...) }

// ReadCode reads what a QR code holds. [ErrNoCode].
func ReadCode(b []byte) (recovery.PlanID, slip39.Share, error) {
	var plan recovery.PlanID
	if len(b) < len(plan) || len(b) > MaxCodeBytes {
		return plan, slip39.Share{}, ErrNoCode
	}
	copy(plan[:], b)
	share, err := slip39.Unpack(b[len(plan):])
	if err != nil {
		return plan, slip39.Share{}, fmt.Errorf("%w: %w", ErrNoCode, err)
	}
	return plan, share, nil
}
