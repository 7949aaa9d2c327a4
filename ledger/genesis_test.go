package ledger_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"carekey/ledger"
)

func TestGenesisIsChecked(t *testing.T) {
	n := newNetwork(t, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	g, err := ledger.DecodeGenesis(n.file)
	if err != nil || g.Chain != chainName || !g.Time.Equal(n.genesis.Time) || len(g.Registry) != 1 {
		t.Fatalf("genesis %+v, %v", g, err)
	}
	file := string(n.file)
	for name, bad := range map[string]string{
		"empty":            "",
		"not JSON":         "genesis",
		"other chain":      strings.Replace(file, `"chain_id": "`+chainName, `"chain_id": "other`, 1),
		"other time":       strings.Replace(file, `"genesis_time": "2026-11-20`, `"genesis_time": "2026-11-21`, 1),
		"no validators":    strings.Replace(file, `"validators"`, `"nobody"`, 1),
		"later height":     strings.Replace(file, `"initial_height": "1"`, `"initial_height": "2"`, 1),
		"unknown field":    strings.Replace(file, `"registry"`, `"registri"`, 1),
		"no network":       strings.Replace(file, n.genesis.Network.String(), strings.Repeat("0", 64), 1),
		"unknown version":  strings.Replace(file, `"version": 1`, `"version": 2`, 1),
		"oversized":        strings.Repeat(" ", 33<<20),
		"trailing garbage": file + "x",
	} {
		if bad == file {
			t.Errorf("%s: the test changes nothing", name)
		}
		if _, err := ledger.DecodeGenesis([]byte(bad)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func FuzzDecodeGenesis(f *testing.F) {
	n := newNetwork(f, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC))
	f.Add(n.file)
	f.Add(bytes.Replace(n.file, []byte(`"power": "1"`), []byte(`"power": "-1"`), 1))
	f.Add([]byte(`{"chain_id": "0", "validators": [{"power": "1"}]}`)) // no key
	f.Fuzz(func(t *testing.T, file []byte) {
		g, err := ledger.DecodeGenesis(file)
		if err == nil && (g.Chain == "" || g.Version != 1) {
			t.Errorf("a genesis without chain or version is taken")
		}
	})
}
