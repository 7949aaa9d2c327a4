package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"time"

	"carekey/consent"
)

// ErrNotHandshake means that a connection's key was asked to sign something
// other than a TLS 1.3 client's proof.
var ErrNotHandshake = errors.New("a connection's key signs TLS 1.3 handshakes only")

// TLSKey proves to a gateway who reads: a [crypto.Signer] for TLS 1.3 clients.
// It cannot sign a statement, and a statement's key cannot stand in for it.
type TLSKey struct{ handle }

var _ crypto.Signer = (*TLSKey)(nil)

func (a *Agent) tlsKey(master MasterID, p path) (*TLSKey, error) {
	h, err := a.handle(master, p)
	if err != nil {
		return nil, err
	}
	return &TLSKey{h}, nil
}

// PublicKey is the public half as the ledger writes it.
func (k *TLSKey) PublicKey() consent.PublicKey { return k.public }

// Public is the public half as crypto/tls wants it: an [ed25519.PublicKey].
func (k *TLSKey) Public() crypto.PublicKey { return ed25519.PublicKey(k.public[:]) }

// clientProof is how a TLS 1.3 client's CertificateVerify begins (RFC 8446
// §4.4.3); the transcript's hash follows. No statement begins so.
var clientProof = append(bytes.Repeat([]byte{' '}, 64), "TLS 1.3, client CertificateVerify\x00"...)

// Sign signs a TLS 1.3 client's proof and returns [ErrNotHandshake] for
// anything else.
func (k *TLSKey) Sign(_ io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	hash, ok := bytes.CutPrefix(message, clientProof)
	if !ok || (len(hash) != crypto.SHA256.Size() && len(hash) != crypto.SHA384.Size()) || opts.HashFunc() != 0 {
		return nil, ErrNotHandshake
	}
	var sig []byte
	err := k.use(func(key ed25519.PrivateKey) error {
		sig = ed25519.Sign(key, message)
		return nil
	})
	return sig, err
}

// Certificate is a self-signed certificate that carries the key and nothing
// about a person; it is the same each time. Peers pin the key, not the
// certificate.
func (k *TLSKey) Certificate() (tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // "no expiry": RFC 5280 §4.1.2.5
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	var der []byte
	err := k.use(func(key ed25519.PrivateKey) (err error) {
		der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		return err
	})
	if err != nil {
		return tls.Certificate{}, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: k, Leaf: leaf}, nil
}
