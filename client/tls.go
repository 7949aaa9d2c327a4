package client

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"time"

	"carekey/consent"
)

// ALPN is the name of the wire's protocol (RFC 7301).
const ALPN = "carekey/1"

// exporterLabel binds statements to one TLS session (RFC 8446 §7.5).
const exporterLabel = "carekey/session"

// ErrPeerKey means that the other side's key is not the one pinned, or of
// another kind; the connection may end at somebody else.
var ErrPeerKey = errors.New("the other side does not have the expected key")

// ErrProtocol means that the other side does not speak TLS 1.3 with our ALPN.
var ErrProtocol = errors.New("the other side does not speak carekey/1 over TLS 1.3")

// NewCertificate wraps an Ed25519 key as TLS wants it: self-signed, without
// names, valid for ever. Nothing in it is believed but the key.
func NewCertificate(key crypto.Signer) (tls.Certificate, error) {
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return tls.Certificate{}, fmt.Errorf("a TLS key is Ed25519, not %T", key.Public())
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Unix(0, 0),
		NotAfter:     time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), // RFC 5280 §4.1.2.5: no end
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("make the TLS certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// serverTLS asks for a client certificate and takes none for an answer.
func serverTLS(cert tls.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:             tls.VersionTLS13,
		Certificates:           []tls.Certificate{cert},
		NextProtos:             []string{ALPN},
		ClientAuth:             tls.RequestClientCert,
		SessionTicketsDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if err := checkProtocol(s); err != nil {
				return err
			}
			if len(s.PeerCertificates) == 0 {
				return nil
			}
			_, err := peerKey(s)
			return err
		},
	}
}

// clientTLS accepts exactly one key. Certificates chains and names mean
// nothing here, so Go's own verification is replaced by the pin.
func clientTLS(pin consent.PublicKey, cert *tls.Certificate) *tls.Config {
	cfg := &tls.Config{
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{ALPN},
		InsecureSkipVerify:     true, //nolint:gosec // VerifyConnection compares the key instead
		SessionTicketsDisabled: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if err := checkProtocol(s); err != nil {
				return err
			}
			key, err := peerKey(s)
			if err != nil {
				return err
			}
			if key != pin {
				return ErrPeerKey
			}
			return nil
		},
	}
	if cert != nil {
		cfg.Certificates = []tls.Certificate{*cert}
	}
	return cfg
}

func checkProtocol(s tls.ConnectionState) error {
	if s.Version != tls.VersionTLS13 || s.NegotiatedProtocol != ALPN || s.DidResume {
		return ErrProtocol
	}
	return nil
}

// peerKey is the other side's key; TLS has checked that it holds the private
// half.
func peerKey(s tls.ConnectionState) (consent.PublicKey, error) {
	if len(s.PeerCertificates) != 1 {
		return consent.PublicKey{}, ErrPeerKey
	}
	raw, ok := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok || len(raw) != ed25519.PublicKeySize {
		return consent.PublicKey{}, ErrPeerKey
	}
	key := consent.PublicKey(raw)
	if key.Check() != nil {
		return consent.PublicKey{}, ErrPeerKey
	}
	return key, nil
}

// exporter returns bytes that only the two ends of a session know.
func exporter(s tls.ConnectionState) ([32]byte, error) {
	b, err := s.ExportKeyingMaterial(exporterLabel, nil, 32)
	if err != nil {
		return [32]byte{}, fmt.Errorf("session secret: %w", err)
	}
	return [32]byte(b), nil
}
