package client

import (
	"errors"
	"fmt"

	"carekey/consent"
)

// ErrCosigner means that a cosignature is not by a registered institution's
// key.
var ErrCosigner = errors.New("the cosignature is not by a registered institution")

// verifyCosignature checks that an institution signed, with a key that the
// registry gives it for that moment.
func verifyCosignature(chain string, registry *consent.Registry, c consent.Cosignature) error {
	key, ok := registry.KeyAt(c.Institution, c.Key, c.Cosigned.Height, c.Cosigned.Time)
	if !ok {
		return ErrCosigner
	}
	if err := c.Cosigned.Statement(chain).Verify(key, c.Signature); err != nil {
		return fmt.Errorf("%w: %w", ErrCosigner, err)
	}
	return nil
}
