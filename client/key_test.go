package client

import (
	"crypto"
	"io"
)

// notEd25519 is a signer whose key is of another kind.
type notEd25519 struct{}

func (notEd25519) Public() crypto.PublicKey                                  { return "rsa" }
func (notEd25519) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, nil }
