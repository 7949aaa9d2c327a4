package card

import (
	"time"

	"carekey/recovery"
	"carekey/recovery/slip39"
)

// Card is a share and what stands around it on paper. Names are the patient's own
// words, in UTF-8.
type Card struct {
	Plan  recovery.PlanID
	Share slip39.Share
	Of    string    // whose plan it is, or whose secret; may be empty
	For   string    // what it is for, in a sentence; may be empty
	Do    string    // what to do with it, in a sentence or two; empty for the usual
	Made  time.Time // the day it was made
}
