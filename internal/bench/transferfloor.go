package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"

	"filippo.io/age"
)

// transferFloor is what nobody who moves records this way can do without, each
// part done in the plainest way: the JSON by the standard library, sealing and
// opening from file to file as the age command does it, two commits of the bare
// engine.
type transferFloor struct {
	bundle, narrowed, sealed, opened string // files
	identity                         *age.HybridIdentity
	bare                             *bareChain
}

func newTransferFloor(dir, bundle string, bare *bareChain) (*transferFloor, error) {
	identity, err := age.GenerateHybridIdentity()
	return &transferFloor{
		bundle: bundle, narrowed: filepath.Join(dir, "narrowed"), sealed: filepath.Join(dir, "sealed"), opened: filepath.Join(dir, "opened"),
		identity: identity, bare: bare,
	}, err
}

func (f *transferFloor) parts(ctx context.Context) [4]func() error {
	return [4]func() error{
		f.narrow, f.seal, f.open,
		func() error { return errors.Join(f.bare.provable(ctx), f.bare.provable(ctx)) },
	}
}

// plainBundle is a bundle as a program that knows no FHIR reads it.
type plainBundle struct {
	ResourceType string `json:"resourceType"`
	Type         string `json:"type"`
	Entry        []struct {
		FullURL  string          `json:"fullUrl"`
		Resource json.RawMessage `json:"resource"`
	} `json:"entry"`
}

// plainResource is what narrowing looks at in every resource.
type plainResource struct {
	ResourceType string `json:"resourceType"`
	Meta         struct {
		Security []struct{ System, Code string } `json:"security"`
	} `json:"meta"`
	Effective string `json:"effectiveDateTime"`
}

// narrow reads the bundle, looks at each resource and writes those that stay.
func (f *transferFloor) narrow() error {
	text, err := os.ReadFile(f.bundle)
	if err != nil {
		return err
	}
	var bundle plainBundle
	if err := json.Unmarshal(text, &bundle); err != nil {
		return err
	}
	return toFile(f.narrowed, func(w io.Writer) error {
		for _, e := range bundle.Entry {
			var r plainResource
			if err := json.Unmarshal(e.Resource, &r); err != nil {
				return err
			}
			if r.ResourceType == "" {
				continue
			}
			if _, err := io.Copy(w, bytes.NewReader(e.Resource)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *transferFloor) seal() error {
	return toFile(f.sealed, func(w io.Writer) error {
		in, err := os.Open(f.narrowed)
		if err != nil {
			return err
		}
		defer in.Close()
		sealed, err := age.Encrypt(w, f.identity.Recipient())
		if err != nil {
			return err
		}
		_, err = io.Copy(sealed, in)
		return errors.Join(err, sealed.Close())
	})
}

func (f *transferFloor) open() error {
	return toFile(f.opened, func(w io.Writer) error {
		in, err := os.Open(f.sealed)
		if err != nil {
			return err
		}
		defer in.Close()
		plain, err := age.Decrypt(bufio.NewReader(in), f.identity)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, plain)
		return err
	})
}

// toFile writes a file anew through a buffer.
func toFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(file)
	return errors.Join(write(w), w.Flush(), file.Close())
}
