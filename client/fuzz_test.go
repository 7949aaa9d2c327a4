package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"carekey/consent"
)

// messages are the types of an operation's request and answer.
type messages struct{ request, answer any }

// messagesOf covers every operation, which a test checks.
func messagesOf() map[Op]messages {
	return map[Op]messages{
		OpGenesis:         {nothing{}, bytesMessage{}},
		OpLightBlock:      {heightRequest{}, bytesMessage{}},
		OpWaitHeight:      {heightRequest{}, heightAnswer{}},
		OpSubmit:          {bytesMessage{}, nothing{}},
		OpCarried:         {carriedRequest{}, Carried{}},
		OpProvePublic:     {proveRequest{}, consent.StateProof{}},
		OpRegistry:        {entriesRequest{}, consent.Page{}},
		OpCosignature:     {nothing{}, consent.Cosignature{}},
		OpEnrol:           {EnrolRequest{}, Enrolled{}},
		OpProveOwn:        {proveRequest{}, consent.StateProof{}},
		OpEntries:         {entriesRequest{}, consent.Page{}},
		OpWaitLog:         {waitRequest{}, sizeAnswer{}},
		OpDetails:         {detailsRequest{}, detailsAnswer{}},
		OpPutDetail:       {consent.Detail{}, nothing{}},
		OpSourceKeys:      {countRequest{}, sourceKeysAnswer{}},
		OpPutParcel:       {consent.Parcel{}, nothing{}},
		OpTransferRequest: {TransferRequest{}, TransferOffer{}},
		OpTransferData:    {UseRequest{}, sizedAnswer{}},
		OpTransferDetails: {TransferDetails{}, TransferDetails{}},
		OpUndelivered:     {UndeliveredRequest{}, signatureAnswer{}},
		OpNodeProve:       {proveRequest{}, consent.StateProof{}},
		OpNodeEntries:     {entriesRequest{}, consent.Page{}},
	}
}

func TestEveryOperationHasMessagesAndLimits(t *testing.T) {
	table := messagesOf()
	for op := OpGenesis; op < opEnd; op++ {
		if _, ok := table[op]; !ok {
			t.Errorf("%s has no messages", op)
		}
		if s := shapes[op]; s.name == "" || s.request == 0 || s.response == 0 {
			t.Errorf("operation %d has no name or no limits", op)
		}
		if op >= 24 {
			t.Errorf("%s does not fit one byte", op)
		}
	}
}

// FuzzMessage reads frames as a server and as a client do.
func FuzzMessage(f *testing.F) {
	c := newChain(f)
	p := c.year()
	proof, err := c.Prove(f.Context(), 0, momentKeys(c.genesis.Network, p.log))
	if err != nil {
		f.Fatal(err)
	}
	page, err := c.Entries(f.Context(), p.log, 0, 0)
	if err != nil {
		f.Fatal(err)
	}
	frame := func(tag uint8, body any) []byte {
		var b bytes.Buffer
		if err := writeFrame(&b, encodeMessage(tag, body)); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	for op, m := range messagesOf() {
		f.Add(uint8(op), frame(uint8(op), m.request))
		f.Add(uint8(op), frame(statusOK, m.answer))
	}
	f.Add(uint8(OpNodeProve), frame(statusOK, proof))
	f.Add(uint8(OpNodeEntries), frame(statusOK, page))
	f.Add(uint8(OpSubmit), frame(statusFault, Fault{Kind: FaultRefused, Code: 9, Text: "no"}))
	f.Fuzz(func(t *testing.T, tag uint8, b []byte) {
		op, body, err := readRequest(bytes.NewReader(b))
		if err == nil {
			sameBytes(t, messagesOf()[op].request, body, shapes[op].request)
		}
		asked := Op(tag)
		if !asked.Known() {
			return
		}
		in := bytes.NewReader(b)
		n, err := readLength(in)
		if err != nil {
			return
		}
		status, body, err := readMessage(in, n, answerLimit(asked))
		if err == nil && status == statusOK {
			sameBytes(t, messagesOf()[asked].answer, body, shapes[asked].response)
		}
	})
}

// sameBytes decodes a body into a message's type: what decodes, encodes to the
// same bytes.
func sameBytes(t *testing.T, message any, body []byte, limit int) {
	t.Helper()
	into := reflect.New(reflect.TypeOf(message))
	if consent.Decode(body, limit, into.Interface()) != nil {
		return
	}
	if again := consent.Encode(into.Elem().Interface()); !bytes.Equal(again, body) {
		t.Fatalf("decoded % x, encoded % x", body, again)
	}
}

// FuzzHandler gives bodies to every route: a handler sees only what decodes.
func FuzzHandler(f *testing.F) {
	for op, m := range messagesOf() {
		f.Add(uint8(op), consent.Encode(m.request))
	}
	key := named("caller").Public()
	routes := Join(everyRoute(), Routes{})
	f.Fuzz(func(t *testing.T, tag uint8, body []byte) {
		h, ok := routes[Op(tag)]
		if !ok {
			return
		}
		a, err := h(t.Context(), Caller{Key: &key}, body)
		if a.bulk != nil {
			a.bulk.Close()
		}
		if err != nil && faultOf(err).Kind == FaultInternal {
			t.Fatalf("%s: %v", Op(tag), err)
		}
	})
}

// FuzzHello, FuzzFault and the others read what a peer or a file gives.
func FuzzHello(f *testing.F) {
	f.Add(consent.Encode(Hello{Version: Version, Chain: testChain}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if h, err := DecodeHello(b); err == nil && !bytes.Equal(consent.Encode(h), b) {
			t.Fatal("decode then encode is not the identity")
		}
	})
}

func FuzzFault(f *testing.F) {
	f.Add(consent.Encode(Fault{Kind: FaultRefused, Code: 9, Text: "no"}))
	f.Add(consent.Encode(Fault{Kind: 200, Text: "\x1b[31m"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		err := decodeFault(b)
		if err == nil {
			t.Fatal("a fault that is no error")
		}
		if strings.ContainsAny(err.Error(), "\x1b\x07\r") && !errors.Is(err, ErrFrame) {
			t.Fatalf("%q", err)
		}
	})
}

func FuzzTrustFile(f *testing.F) {
	c := newChain(f)
	f.Add(consent.Encode(trustFile{Format: trustFormat, Blocks: c.blocks}))
	f.Fuzz(func(t *testing.T, b []byte) {
		blocks, err := decodeTrust(b)
		if err == nil && !bytes.Equal(consent.Encode(trustFile{Format: trustFormat, Blocks: blocks}), b) {
			t.Fatal("decode then encode is not the identity")
		}
	})
}

func FuzzGenesisFile(f *testing.F) {
	f.Add(newChain(f).file)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := DecodeGenesisFile(b)
		if err == nil && (g.Hash != consent.Sum(b) || !bytes.Equal(g.Bytes, b)) {
			t.Fatal("the bytes are not kept")
		}
	})
}

func FuzzLightBlock(f *testing.F) {
	c := newChain(f)
	c.idle(2, 1)
	for _, b := range c.blocks {
		f.Add(b)
	}
	f.Add(days(f, 2, func(int64) []string { return []string{"a", "b", "c"} }).blocks[2])
	genesis, err := DecodeGenesisFile(c.file)
	if err != nil {
		f.Fatal(err)
	}
	first, err := genesis.verifyPath(c.blocks[:1])
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeLightBlock(b, testChain)
		if err != nil {
			return
		}
		again, err := remarshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if g, err := decodeLightBlock(again, testChain); err != nil || g.Hash != h.Hash {
			t.Fatalf("decoded again: %v", err)
		}
		if h.Height > 1 && verifyNext(first[0], h, h.Time) == nil && h.Hash != hashOf(t, c.blocks[h.Height-1]) {
			t.Fatal("a header that nobody signed was believed")
		}
	})
}

func FuzzProof(f *testing.F) {
	c := newChain(f)
	p := c.year()
	head := int64(len(c.blocks))
	under, err := decodeLightBlock(c.blocks[head-1], testChain)
	if err != nil {
		f.Fatal(err)
	}
	present, absent := consent.HeadKey(p.log), consent.KeyUseKey(named("nobody").Public())
	proof, err := c.Prove(f.Context(), 0, [][]byte{present, absent})
	if err != nil {
		f.Fatal(err)
	}
	for _, k := range proof.Keys {
		f.Add(k.Key, k.Present, k.Value, k.Proof)
	}
	f.Fuzz(func(t *testing.T, key []byte, is bool, value, raw []byte) {
		s := consent.StateProof{Height: head - 1, Keys: []consent.ProvenKey{{Key: key, Present: is, Value: value, Proof: raw}}}
		if _, err := verifyProof(s, under); err != nil {
			return
		}
		if truth, ok := c.state[string(key)]; ok != is || !bytes.Equal(truth, value) {
			t.Fatalf("%q: a false proof was believed", key)
		}
	})
}

func FuzzMemo(f *testing.F) {
	c := newChain(f)
	p := c.year()
	progress, err := c.follow(c.light(), c, p.log, consent.Remembered{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(progress.Keep.Audit)
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := decodeMemo(b); err == nil && !bytes.Equal(consent.Encode(m), b) {
			t.Fatal("decode then encode is not the identity")
		}
	})
}

func FuzzEvidence(f *testing.F) {
	c := newChain(f)
	p := c.year()
	l := c.light()
	proofFile, _, err := l.ProofFile(f.Context(), c, c.registry(l), p.log, nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(proofFile)
	_, err = c.follow(c.light(), &liar{chain: c, page: func(g *consent.Page) { g.Companions[2].Signature[0]++ }}, p.log, consent.Remembered{})
	var found *Lie
	if !errors.As(err, &found) {
		f.Fatal(err)
	}
	f.Add(found.Evidence)
	genesis, err := DecodeGenesisFile(c.file)
	if err != nil {
		f.Fatal(err)
	}
	anchor := genesis.Anchor()
	f.Fuzz(func(t *testing.T, b []byte) {
		if file, err := decodeEvidence(b); err == nil && !bytes.Equal(consent.Encode(file), b) {
			t.Fatal("decode then encode is not the identity")
		}
		finding, err := VerifyEvidence(b, &anchor)
		if err == nil && finding.Kind == 0 && len(finding.Entries) != len(c.leaves[p.log]) && finding.Log == p.log && finding.AsOf.Height == int64(len(c.blocks)) {
			t.Fatal("a shorter history was believed")
		}
	})
}

// FuzzMaterial reads the contents of evidence files.
func FuzzMaterial(f *testing.F) {
	f.Add(consent.Encode(blockMaterial{Block: []byte{1}}))
	f.Add(consent.Encode(logMaterial{}))
	f.Add(consent.Encode(rollbackMaterial{}))
	f.Fuzz(func(t *testing.T, b []byte) {
		file := evidenceFile{Material: b}
		if m, err := decodeMaterial[logMaterial](file); err == nil && !bytes.Equal(consent.Encode(m), b) {
			t.Fatal("decode then encode is not the identity")
		}
		if m, err := decodeMaterial[rollbackMaterial](file); err == nil && !bytes.Equal(consent.Encode(m), b) {
			t.Fatal("decode then encode is not the identity")
		}
	})
}

// office answers every operation with nothing, or says that it may not.
type office struct{ echo }

func (office) Prove(context.Context, int64, [][]byte) (consent.StateProof, error) {
	return consent.StateProof{}, ErrNotFound
}

func (office) Entries(_ context.Context, log consent.LogID, from uint64, _ int) (consent.Page, error) {
	return consent.Page{Log: log, From: from}, nil
}

func (office) Cosignature(context.Context) (consent.Cosignature, error) {
	return consent.Cosignature{}, ErrStale
}

func (office) Enrol(context.Context, EnrolRequest) (Enrolled, error) { return Enrolled{}, ErrForbidden }

func (office) LogOf(_ context.Context, key consent.PublicKey) (consent.LogID, error) {
	if key == named("caller").Public() {
		return consent.LogID{1}, nil
	}
	return consent.LogID{}, ErrForbidden
}

func (office) WaitLog(_ context.Context, _ consent.LogID, size uint64) (uint64, error) {
	return size, nil
}

func (office) Details(_ context.Context, _ consent.LogID, numbers []uint64) ([]NumberedDetail, error) {
	all := make([]NumberedDetail, len(numbers))
	for i, n := range numbers {
		all[i] = NumberedDetail{Number: n, Detail: consent.Detail{Content: make([]byte, consent.MaxDetailBytes)}}
	}
	return all, nil
}

func (office) PutDetail(context.Context, consent.LogID, consent.Detail) error { return nil }

func (office) SourceKeys(_ context.Context, _ consent.LogID, want uint8) ([]consent.SignedSourceKey, error) {
	return make([]consent.SignedSourceKey, want), nil
}

func (office) PutParcel(context.Context, consent.LogID, consent.Parcel) error { return nil }

func (office) InstitutionOf(_ context.Context, key consent.PublicKey) (consent.InstitutionID, error) {
	if key == named("caller").Public() {
		return consent.InstitutionID{2}, nil
	}
	return consent.InstitutionID{}, ErrForbidden
}

func (office) TransferRequest(context.Context, consent.InstitutionID, Caller, TransferRequest) (TransferOffer, error) {
	return TransferOffer{}, &Declined{Code: DeclineNoLink, Text: "no link"}
}

func (office) TransferData(context.Context, consent.InstitutionID, Caller, UseRequest) (io.ReadCloser, uint64, error) {
	return io.NopCloser(bytes.NewReader([]byte("sealed"))), 6, nil
}

func (office) TransferDetails(_ context.Context, _ consent.InstitutionID, d TransferDetails) (TransferDetails, error) {
	return d, nil
}

func (office) Undelivered(context.Context, consent.InstitutionID, UndeliveredRequest) (consent.Signature, error) {
	return consent.Signature{}, ErrForbidden
}

// everyRoute serves all that there is.
func everyRoute() Routes {
	o, network := office{}, consent.NetworkID{1}
	return Join(NodeRoutes(o, o), ChainRoutes(o), RegistryRoutes(network, o), CarrierRoutes(o), WitnessRoutes(o),
		DeskRoutes(o), HolderRoutes(network, o, o), DetailRoutes(o, o), TransferRoutes(o, o), PeerRoutes(o, o))
}
