package world

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"carekey/consent"
)

// GatewayHome is gateway.json in an institution's home: what its gateway must
// know before it can verify anything. It holds no secret; the keys lie in keys/
// beside it.
type GatewayHome struct {
	Version     int                   `json:"version"` // 1
	Anchor      string                `json:"anchor"`  // text form
	Institution consent.InstitutionID `json:"institution"`
	Listen      string                `json:"listen"` // host:port for wallets and gateways
	Node        NodeAddress           `json:"node"`
}

// NodeAddress is where a node serves gateways, and its key.
type NodeAddress struct {
	Address string            `json:"address"`
	Key     consent.PublicKey `json:"key"`
}

// NodeHome is serving.json in a node's home.
type NodeHome struct {
	Version int    `json:"version"` // 1
	Listen  string `json:"listen"`  // host:port for gateways
}

const (
	gatewayFile = "gateway.json"
	nodeFile    = "serving.json"
)

// ReadGatewayHome reads an institution's settings.
func ReadGatewayHome(home string) (GatewayHome, error) {
	var h GatewayHome
	if err := readSettings(filepath.Join(home, gatewayFile), &h); err != nil {
		return h, err
	}
	if h.Version != 1 {
		return h, fmt.Errorf("%s has settings of version %d, which is not known here", home, h.Version)
	}
	return h, nil
}

// ReadNodeHome reads a node's settings.
func ReadNodeHome(home string) (NodeHome, error) {
	var h NodeHome
	if err := readSettings(filepath.Join(home, nodeFile), &h); err != nil {
		return h, err
	}
	if h.Version != 1 {
		return h, fmt.Errorf("%s has settings of version %d, which is not known here", home, h.Version)
	}
	return h, nil
}

// maxSettings limits a file of settings.
const maxSettings = 64 << 10

func readSettings(path string, into any) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("%s is no home of this kind: %w", filepath.Dir(path), err)
	}
	if info.Size() > maxSettings {
		return fmt.Errorf("%s is too long for settings", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// writeSettings replaces a file of settings as a whole: whoever is killed in
// between leaves the old one.
func writeSettings(path string, settings any) error {
	b, err := json.MarshalIndent(settings, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }() // no effect once renamed
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
