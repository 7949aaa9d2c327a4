package gateway

import (
	"testing"

	"carekey/gateway/store"
)

func TestSteps(t *testing.T) {
	names := map[string]bool{}
	for _, s := range Steps() {
		if names[s.String()] {
			t.Errorf("two steps are called %s", s)
		}
		names[s.String()] = true
		text, err := s.MarshalText()
		var back Step
		if err != nil || back.UnmarshalText(text) != nil || back != s {
			t.Errorf("%s does not read back", s)
		}
		if (s.Side() == store.Source) != (s >= SourceAsked) {
			t.Errorf("%s is on the wrong side", s)
		}
	}
	if err := new(Step).UnmarshalText([]byte("nowhere")); err == nil {
		t.Error("an unknown step was read")
	}
}

// TestStepNumbersAreStored holds the numbers that stand on disks.
func TestStepNumbersAreStored(t *testing.T) {
	for step, number := range map[Step]uint8{
		DestinationLinked: 1, DestinationCollecting: 4, DestinationReceived: 10, DestinationRefused: 13,
		SourceAsked: 14, SourceReleased: 19, SourceSending: 20, SourceVoid: 23,
	} {
		if uint8(step) != number {
			t.Errorf("%s is %d, was %d", step, step, number)
		}
	}
}
