package ledger_test

import (
	"errors"
	"testing"

	"carekey/consent"
	"carekey/ledger"
)

func TestOnlyGoodSignaturesAreRemembered(t *testing.T) {
	verify := ledger.NewVerified()
	signer, other := newKey(t), newKey(t)
	s := consent.Statement{Context: consent.ContextTransaction, Chain: chainName, Body: consent.Encode("body")}
	good, err := signer.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := verify(signer.Public(), s, good); err != nil {
		t.Fatal(err)
	}
	changed := s
	changed.Body = consent.Encode("another body")
	bad := good
	bad[0] ^= 1
	for range 2 { // the second time from memory, if it were remembered
		if err := verify(signer.Public(), s, good); err != nil {
			t.Errorf("a good signature: %v", err)
		}
		for name, err := range map[string]error{
			"another key":       verify(other.Public(), s, good),
			"another body":      verify(signer.Public(), changed, good),
			"another signature": verify(signer.Public(), s, bad),
		} {
			if !errors.Is(err, consent.ErrBadSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
