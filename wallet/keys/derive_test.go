package keys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"carekey/consent"
)

var update = flag.Bool("update", false, "write testdata/derivation.json anew")

// vector is one published example of a derivation.
type vector struct {
	Purpose Purpose `json:"purpose"`
	Network string  `json:"network"`
	Subject string  `json:"subject"`
	Epoch   uint64  `json:"epoch"`
	Info    string  `json:"info"`
	Key     string  `json:"key"`
	Public  string  `json:"public"` // Ed25519 key, or SHA-256 of the age recipient's text
}

type vectors struct {
	About   string   `json:"about"`
	Master  string   `json:"master"`
	ID      string   `json:"master_id"`
	Vectors []vector `json:"vectors"`
}

func counting(from byte) (out [32]byte) {
	for i := range out {
		out[i] = from + byte(i)
	}
	return out
}

func testMaster(t testing.TB, from byte) Master {
	t.Helper()
	b := counting(from)
	m, err := masterFrom(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func vectorPaths() []path {
	network := consent.NetworkID(counting(0x20))
	clinic := consent.InstitutionID(counting(0x40))
	chart := consent.LogID(counting(0x60))
	return []path{
		ChartName{Network: network, Institution: clinic}.path(ChartSign),
		ChartName{Network: network, Institution: clinic, Epoch: 1}.path(ChartSign),
		ChartName{Network: network, Institution: clinic}.path(ChartTLS),
		ChartName{Network: network, Institution: clinic}.path(ChartSeal),
		TransferName{Network: network, Chart: chart, Request: 7}.path(TransferSign),
		TransferName{Network: network, Chart: chart, Request: 7}.path(TransferTLS),
		{purpose: PlanSign, network: network, subject: []any{[]byte("plan")}, epoch: 2},
		{purpose: VaultSeal, subject: []any{}},
	}
}

func makeVectors(t *testing.T) vectors {
	m := testMaster(t, 1)
	id, err := m.ID()
	if err != nil {
		t.Fatal(err)
	}
	out := vectors{
		About:  "Derivation of carekey/key/1: HKDF-SHA256, empty salt, info as given. Hexadecimal throughout.",
		Master: hex.EncodeToString(m.secret.bytes[:]),
		ID:     id.String(),
	}
	for _, p := range vectorPaths() {
		s, err := m.derive(p)
		if err != nil {
			t.Fatal(err)
		}
		out.Vectors = append(out.Vectors, vector{
			Purpose: p.purpose, Network: p.network.String(), Epoch: p.epoch,
			Subject: hex.EncodeToString(consent.Encode(p.subject)),
			Info:    hex.EncodeToString(p.info()),
			Key:     hex.EncodeToString(s[:]), Public: publicHalf(t, m, p),
		})
	}
	return out
}

func publicHalf(t *testing.T, m Master, p path) string {
	a, err := NewAgent(Masters{Current: m})
	if err != nil {
		t.Fatal(err)
	}
	if p.purpose == ChartSeal || p.purpose == VaultSeal {
		s, err := a.seal(a.Current(), p)
		if err != nil {
			t.Fatal(err)
		}
		return s.Hash().String()
	}
	h, err := a.handle(a.Current(), p)
	if err != nil {
		t.Fatal(err)
	}
	return h.public.String()
}

func TestDerivationKeepsToThePublishedVectors(t *testing.T) {
	const file = "testdata/derivation.json"
	got, err := json.MarshalIndent(makeVectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the derivation has changed; every chart would be lost:\n%s", got)
	}
}

// TestVectorsByHand computes one vector with HMAC and hand-made CBOR alone.
func TestVectorsByHand(t *testing.T) {
	network, clinic, master := counting(0x20), counting(0x40), counting(1)
	info := []byte{0x85}
	info = append(append(info, 0x6d), "carekey/key/1"...)
	info = append(append(info, 0x6a), "chart-sign"...)
	info = append(append(info, 0x58, 32), network[:]...)
	info = append(append(info, 0x81, 0x58, 32), clinic[:]...)
	info = append(info, 0x01)
	hash := func(key []byte, parts ...[]byte) []byte {
		h := hmac.New(sha256.New, key)
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	key := hash(hash(make([]byte, 32), master[:]), info, []byte{1}) // RFC 5869, one block
	want := makeVectors(t).Vectors[1]
	if got := hex.EncodeToString(info); got != want.Info {
		t.Errorf("info\n got %s\nwant %s", got, want.Info)
	}
	if got := hex.EncodeToString(key); got != want.Key {
		t.Errorf("key\n got %s\nwant %s", got, want.Key)
	}
}

func TestEveryPartOfAPathMatters(t *testing.T) {
	base := ChartName{Network: counting(1), Institution: counting(2)}
	paths := []path{
		base.path(ChartSign), base.path(ChartTLS), base.path(ChartSeal),
		ChartName{Network: counting(9), Institution: base.Institution}.path(ChartSign),
		ChartName{Network: base.Network, Institution: counting(9)}.path(ChartSign),
		ChartName{Network: base.Network, Institution: base.Institution, Epoch: 1}.path(ChartSign),
		TransferName{Network: base.Network, Chart: counting(2)}.path(TransferSign),
		TransferName{Network: base.Network, Chart: counting(2), Request: 1}.path(TransferSign),
		{purpose: VaultSeal, subject: []any{}},
	}
	seen := map[seed]int{}
	for _, m := range []Master{testMaster(t, 1), testMaster(t, 2)} {
		for i, p := range paths {
			s, err := m.derive(p)
			if err != nil {
				t.Fatal(err)
			}
			if j, ok := seen[s]; ok {
				t.Errorf("paths %d and %d give one key", i, j)
			}
			seen[s] = i
		}
	}
}
