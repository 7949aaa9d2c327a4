package keys

import (
	"crypto/hkdf"
	"crypto/sha256"

	"carekey/consent"
)

// Purpose separates the keys that are derived for one subject.
type Purpose string

// The purposes (protocol §2). [PlanSign] belongs to family plans: its meaning
// is fixed by the vectors, and no handle for it exists yet.
const (
	ChartSign    Purpose = "chart-sign"
	ChartTLS     Purpose = "chart-tls"
	ChartSeal    Purpose = "chart-seal"
	TransferSign Purpose = "transfer-sign"
	TransferTLS  Purpose = "transfer-tls"
	PlanSign     Purpose = "plan-sign"
	VaultSeal    Purpose = "vault-seal"
)

// seed is the 32 bytes that a key is made from.
type seed [32]byte

// path says which key: everything that enters the derivation but the secret.
type path struct {
	purpose Purpose
	network consent.NetworkID
	subject []any
	epoch   uint64
}

// info is the HKDF info (RFC 5869 §3.2) that belongs to the path.
func (p path) info() []byte {
	return consent.Encode([]any{"carekey/key/1", p.purpose, p.network, p.subject, p.epoch})
}

// derive makes the seed of the key at p: HKDF-SHA256 with empty salt.
func (m Master) derive(p path) (seed, error) {
	if err := m.check(); err != nil {
		return seed{}, err
	}
	out, err := hkdf.Key(sha256.New, m.secret.bytes[:], nil, string(p.info()), len(seed{}))
	if err != nil {
		return seed{}, err
	}
	defer clear(out)
	return seed(out), nil
}
