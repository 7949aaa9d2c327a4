package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"carekey/consent"
)

// CosignatureLife is how old a cosigned header may be to count.
const CosignatureLife = time.Minute

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

// CheckCosignature returns nil if a cosignature counts: a registered
// institution signed it, its header is on the verified chain, and it is at
// most [CosignatureLife] old. If the institution signed another header than
// the one verified from ours, that is a *Lie: a fork, when theirs can show
// that header and it is as genuine, else a false cosignature.
func (l *Light) CheckCosignature(ctx context.Context, ours, theirs Chain, registry *Registry, c consent.Cosignature) error {
	if err := verifyCosignature(l.genesis.App.Chain, registry.Registry, c); err != nil {
		return err
	}
	header, err := l.At(ctx, ours, c.Cosigned.Height)
	if err != nil {
		return err
	}
	if header.Hash == c.Cosigned.Hash {
		if c.Cosigned.Time != header.Time {
			return fmt.Errorf("%w: it names another time than its header", ErrCosigner)
		}
		return l.Fresh(header, CosignatureLife)
	}
	if block, err := theirs.LightBlock(ctx, c.Cosigned.Height); err == nil {
		var caught *Lie
		if _, err := l.Verify(ctx, theirs, block); errors.As(err, &caught) && caught.Kind == Fork {
			return caught
		}
	}
	wrong := lie(FalseCosignature, "It is of height %d.", c.Cosigned.Height)
	wrong.material = cosignatureMaterial{Cosignature: c}
	return l.convict(wrong, header, registry)
}
