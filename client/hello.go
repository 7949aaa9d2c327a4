package client

import (
	"errors"
	"fmt"

	"carekey/consent"
)

// Version is the version of the wire that this package speaks.
const Version = 1

// Hello is what a server says before anything else.
type Hello struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8
	Chain       string
	Network     consent.NetworkID
	Institution consent.InstitutionID // that runs the server
}

// ErrOtherNetwork means that the server serves another network or chain.
var ErrOtherNetwork = errors.New("the server belongs to another network")

// ErrOtherVersion means that the server speaks another version of the wire.
var ErrOtherVersion = errors.New("the server speaks another version")

// ErrOtherInstitution means that the server is not run by the one expected.
var ErrOtherInstitution = errors.New("the server belongs to another institution")

// DecodeHello reads a hello.
func DecodeHello(b []byte) (Hello, error) {
	var h Hello
	if err := consent.Decode(b, maxFaultBytes, &h); err != nil {
		return Hello{}, fmt.Errorf("hello: %w", err)
	}
	if h.Version != Version {
		return Hello{}, fmt.Errorf("%w: %d", ErrOtherVersion, h.Version)
	}
	if h.Chain == "" || len(h.Chain) > 50 {
		return Hello{}, errors.New("hello: the chain id has 1 to 50 bytes")
	}
	return h, nil
}

// Expect says who must answer; zero fields are not compared.
type Expect struct {
	Chain       string
	Network     consent.NetworkID
	Institution consent.InstitutionID
}

func (e Expect) check(h Hello) error {
	switch {
	case e.Network != (consent.NetworkID{}) && e.Network != h.Network,
		e.Chain != "" && e.Chain != h.Chain:
		return ErrOtherNetwork
	case e.Institution != (consent.InstitutionID{}) && e.Institution != h.Institution:
		return ErrOtherInstitution
	}
	return nil
}
