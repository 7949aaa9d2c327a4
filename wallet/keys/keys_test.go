package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"

	"filippo.io/age"
	"pgregory.net/rapid"

	"carekey/consent"
)

func testAgent(t testing.TB) *Agent {
	t.Helper()
	a, err := NewAgent(Masters{Current: testMaster(t, 1), Old: []Master{testMaster(t, 2)}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func testChart(t testing.TB, a *Agent) *Chart {
	t.Helper()
	c, err := a.Chart(ChartName{Master: a.Current(), Network: counting(3), Institution: counting(4)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNothingPrintsASecret(t *testing.T) {
	a := testAgent(t)
	c := testChart(t, a)
	master := testMaster(t, 1)
	masters := Masters{Current: master}
	type holder struct {
		Shown  Master
		hidden Master
	}
	things := map[string]any{
		"master": master, "pointer to master": &master, "masters": masters, "agent": a,
		"signer": c.Signer, "tls": c.TLS, "seal": c.Seal, "chart": c, "chart value": *c,
		"holder": holder{master, master}, "slice": []Master{master},
	}
	for name, thing := range things {
		var printed strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%p"} {
			fmt.Fprintf(&printed, verb+"\n", thing)
		}
		slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "thing", thing)
		slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "thing", thing)
		if b, err := json.Marshal(thing); err == nil {
			printed.Write(b)
		}
		for _, form := range secretForms(t, c) {
			if strings.Contains(printed.String(), form) {
				t.Errorf("%s shows a secret (%s…):\n%s", name, form[:6], printed.String())
			}
		}
	}
}

// secretForms are the beginnings of the master's and the derived keys' bytes,
// written in the ways programs write bytes.
func secretForms(t *testing.T, c *Chart) []string {
	secret := counting(1)
	forms := []string{"AGE-SECRET-KEY", c.Seal.identity.String()[20:40]}
	all := [][]byte{secret[:]}
	for _, p := range []Purpose{ChartSign, ChartTLS, ChartSeal} {
		s, err := testMaster(t, 1).derive(ChartName{Network: counting(3), Institution: counting(4)}.path(p))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s[:])
	}
	for _, b := range all {
		forms = append(forms, hex.EncodeToString(b)[:16], strings.ToUpper(hex.EncodeToString(b)[:16]),
			base64.StdEncoding.EncodeToString(b)[:16], fmt.Sprint(b)[1:16], fmt.Sprintf("%#v", b)[7:30], string(b[:8]))
	}
	return forms
}

func TestASecretIsNotMarshalled(t *testing.T) {
	m := testMaster(t, 1)
	for name, marshal := range map[string]func() ([]byte, error){
		"master as JSON": m.MarshalJSON, "master as text": m.MarshalText, "master as CBOR": m.MarshalCBOR,
		"masters as JSON": Masters{Current: m}.MarshalJSON, "masters as text": Masters{Current: m}.MarshalText,
	} {
		if b, err := marshal(); !errors.Is(err, ErrHidden) || len(b) > 0 {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

func TestMasters(t *testing.T) {
	a, b, c := testMaster(t, 1), testMaster(t, 2), testMaster(t, 3)
	m, err := Masters{Current: a}.Rotated(b)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = m.Rotated(c); err != nil {
		t.Fatal(err)
	}
	raw, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeMasters(raw)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Old) != 2 || *back.Current.secret.bytes != *c.secret.bytes || *back.Old[0].secret.bytes != *b.secret.bytes || *back.Old[1].secret.bytes != *a.secret.bytes {
		t.Error("the masters came back in another order or with other bytes")
	}
	id, _ := b.ID()
	if less := back.Without(id); len(less.Old) != 1 || *less.Old[0].secret.bytes != *a.secret.bytes {
		t.Errorf("after forgetting one of two old masters %d remain", len(less.Old))
	}
	for len(m.Old) < MaxMasters-1 {
		if m, err = m.Rotated(NewMaster()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Rotated(NewMaster()); !errors.Is(err, ErrTooManyMasters) {
		t.Errorf("one master too many: %v", err)
	}
	full, err := m.Encode()
	if err != nil || len(full) > maxMastersBytes {
		t.Errorf("%d bytes, %v", len(full), err)
	}
	if _, err := DecodeMasters(full); err != nil {
		t.Error(err)
	}
}

func TestDecodeMastersRefuses(t *testing.T) {
	one, zero := counting(1), [32]byte{}
	for name, raw := range map[string][]byte{
		"nothing":       nil,
		"other label":   consent.Encode([]any{"carekey/masters/2", [][]byte{one[:]}}),
		"none":          consent.Encode([]any{mastersLabel, [][]byte{}}),
		"a short one":   consent.Encode([]any{mastersLabel, [][]byte{one[:31]}}),
		"all zero":      consent.Encode([]any{mastersLabel, [][]byte{zero[:]}}),
		"twice the one": consent.Encode([]any{mastersLabel, [][]byte{one[:], one[:]}}),
		"trailing byte": append(consent.Encode([]any{mastersLabel, [][]byte{one[:]}}), 0),
		"too long":      consent.Encode([]any{mastersLabel, [][]byte{make([]byte, 4096)}}),
	} {
		if _, err := DecodeMasters(raw); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func FuzzDecodeMasters(f *testing.F) {
	for _, n := range []int{1, 2, MaxMasters} {
		m := Masters{Current: testMaster(f, 1)}
		for i := 1; i < n; i++ {
			m.Old = append(m.Old, testMaster(f, byte(i+1)))
		}
		raw, err := m.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := bytes.Clone(raw)
		m, err := DecodeMasters(in)
		if err != nil {
			return
		}
		again, err := m.Encode()
		if err != nil || !bytes.Equal(again, raw) {
			t.Errorf("decoded and encoded:\n%x\n%x\n%v", raw, again, err)
		}
	})
}

func TestSignerSignsStatements(t *testing.T) {
	a := testAgent(t)
	c := testChart(t, a)
	s := consent.Statement{Context: consent.ContextTransaction, Chain: "carekey-test", Log: counting(9), Body: []byte{0x80}}
	sig, err := c.Signer.Sign(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Verify(c.Keys().Sign, sig); err != nil {
		t.Error(err)
	}
	if err := s.Verify(c.Keys().TLS, sig); err == nil {
		t.Error("the connection's key verifies a statement's signature")
	}
	if err := c.Keys().Check(); err != nil {
		t.Error(err)
	}
	if c.Keys().Seal != c.Seal.Hash() {
		t.Error("the seal's hash differs")
	}
	if _, isTLS := any(c.Signer).(crypto.Signer); isTLS {
		t.Error("a statement's key can sign raw bytes")
	}
	if _, isSigner := any(c.TLS).(consent.Signer); isSigner {
		t.Error("a connection's key can sign statements")
	}
}

func TestTLSKeySignsHandshakesOnly(t *testing.T) {
	key := testChart(t, testAgent(t)).TLS
	statement := consent.Statement{Context: consent.ContextTransaction, Chain: "x", Body: []byte{0x80}}.Bytes()
	proof := append(bytes.Clone(clientProof), make([]byte, 32)...)
	server := append(append(bytes.Repeat([]byte{' '}, 64), "TLS 1.3, server CertificateVerify\x00"...), make([]byte, 32)...)
	for name, message := range map[string][]byte{
		"a statement": statement, "nothing": nil, "a server's proof": server,
		"a proof without hash": clientProof, "a proof with more behind it": append(bytes.Clone(proof), statement...),
	} {
		if _, err := key.Sign(nil, message, crypto.Hash(0)); !errors.Is(err, ErrNotHandshake) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := key.Sign(nil, proof, crypto.SHA256); !errors.Is(err, ErrNotHandshake) {
		t.Errorf("a hashed proof: %v", err)
	}
	if _, err := key.Sign(nil, proof, crypto.Hash(0)); err != nil {
		t.Error(err)
	}
}

func TestTLSKeyHoldsAConnection(t *testing.T) {
	a := testAgent(t)
	client := testChart(t, a).TLS
	cert, err := client.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.Certificate()
	if err != nil || !bytes.Equal(cert.Certificate[0], again.Certificate[0]) {
		t.Errorf("the certificate is not the same each time (%v)", err)
	}
	if s := cert.Leaf.Subject.String(); s != "" {
		t.Errorf("the certificate names somebody: %s", s)
	}
	serverCert, serverKey := testServer(t)
	near, far := net.Pipe()
	seen := make(chan error, 1)
	go func() {
		server := tls.Server(far, &tls.Config{
			Certificates: []tls.Certificate{serverCert}, MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert,
		})
		defer server.Close()
		if err := server.Handshake(); err != nil {
			seen <- err
			return
		}
		got, ok := server.ConnectionState().PeerCertificates[0].PublicKey.(ed25519.PublicKey)
		if !ok || consent.PublicKey(got) != client.PublicKey() {
			seen <- errors.New("the server saw another key")
			return
		}
		_, err := server.Write([]byte("hello"))
		seen <- err
	}()
	conn := tls.Client(near, &tls.Config{
		Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13, InsecureSkipVerify: true,
		VerifyConnection: func(s tls.ConnectionState) error {
			if k := s.PeerCertificates[0].PublicKey.(ed25519.PublicKey); !k.Equal(serverKey) {
				return errors.New("the client saw another key")
			}
			return nil
		},
	})
	defer near.Close()
	got := make([]byte, 5)
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
	if err := <-seen; err != nil {
		t.Error(err)
	}
}

// testServer is a gateway's certificate; making it needs no key of the wallet.
func testServer(t *testing.T) (tls.Certificate, ed25519.PublicKey) {
	t.Helper()
	a := testAgent(t)
	key, err := a.tlsKey(a.Current(), path{purpose: "test-server", subject: []any{}})
	if err != nil {
		t.Fatal(err)
	}
	cert, err := key.Certificate()
	if err != nil {
		t.Fatal(err)
	}
	err = key.use(func(k ed25519.PrivateKey) error {
		cert.PrivateKey = ed25519.PrivateKey(bytes.Clone(k))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return cert, ed25519.PublicKey(key.public[:])
}

func TestSealOpensWhatItsRecipientSealed(t *testing.T) {
	a := testAgent(t)
	seals, err := a.VaultSeals()
	if err != nil {
		t.Fatal(err)
	}
	if len(seals) != 2 || seals[0].Hash() == seals[1].Hash() {
		t.Fatalf("%d vault seals", len(seals))
	}
	parsed, err := age.ParseHybridRecipient(seals[0].RecipientText())
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, parsed)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "detail")
	w.Close()
	r, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), seals[0])
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "detail" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := age.Decrypt(bytes.NewReader(sealed.Bytes()), seals[1]); err == nil {
		t.Error("an older master's seal opened what was sealed to the current one")
	}
}

func TestClosedAgentDoesNothing(t *testing.T) {
	a := testAgent(t)
	c := testChart(t, a)
	held := a.masters[a.Current()]
	a.Close()
	if *held.secret.bytes != [32]byte{} {
		t.Error("the master was not wiped")
	}
	if _, err := c.Signer.Sign(consent.Statement{}); !errors.Is(err, ErrNoMaster) {
		t.Errorf("sign: %v", err)
	}
	if _, err := c.TLS.Certificate(); !errors.Is(err, ErrNoMaster) {
		t.Errorf("certificate: %v", err)
	}
	if _, err := a.Chart(ChartName{Master: a.Current()}); !errors.Is(err, ErrNoMaster) {
		t.Errorf("chart: %v", err)
	}
	if _, err := a.Transfer(TransferName{Master: a.Current()}); !errors.Is(err, ErrNoMaster) {
		t.Errorf("transfer: %v", err)
	}
	if _, err := NewAgent(Masters{Current: held}); !errors.Is(err, ErrNoMaster) {
		t.Errorf("agent of a wiped master: %v", err)
	}
}

func TestUnknownMasterIsNamed(t *testing.T) {
	_, err := testAgent(t).Chart(ChartName{Master: MasterID{1, 2, 3}})
	if !errors.Is(err, ErrNoMaster) || !strings.Contains(err.Error(), "010203") {
		t.Error(err)
	}
}

func TestBech32Vectors(t *testing.T) {
	for want, in := range map[string]struct {
		prefix string
		data   []byte
	}{
		"a12uel5l": {"a", nil}, // BIP-173, valid strings
		"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw": {"abcdef", mustHex(t, "00443214c74254b635cf84653a56d7c675be77df")},
	} {
		if got := encodeBech32(in.prefix, in.data); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func mustHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Age reads the text of any seed and writes the same text back.
func TestEverySeedBecomesAnIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := seed(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "seed"))
		seal, err := newSeal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := seal.identity.String(), strings.ToUpper(encodeBech32(strings.ToLower(identityPrefix), s[:])); got != want {
			t.Fatalf("age writes %s, we wrote %s", got, want)
		}
	})
}

func BenchmarkChart(b *testing.B) {
	a := testAgent(b)
	for b.Loop() {
		testChart(b, a)
	}
}

func BenchmarkSign(b *testing.B) {
	c := testChart(b, testAgent(b))
	for b.Loop() {
		if _, err := c.Signer.Sign(consent.Statement{Body: []byte{0x80}}); err != nil {
			b.Fatal(err)
		}
	}
}
