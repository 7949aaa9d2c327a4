package client

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"carekey/consent"
)

// TestAudiences: who may ask what, for every operation.
func TestAudiences(t *testing.T) {
	caller, stranger := named("caller").Public(), named("stranger").Public()
	holders := []Op{OpProveOwn, OpEntries, OpWaitLog, OpDetails, OpPutDetail, OpSourceKeys, OpPutParcel}
	peers := []Op{OpTransferRequest, OpTransferData, OpTransferDetails, OpUndelivered, OpNodeProve, OpNodeEntries}
	o := office{}
	routes := everyRoute()
	ask := func(routes Routes, op Op, key *consent.PublicKey) error {
		request := messagesOf()[op].request
		switch op {
		case OpProveOwn, OpNodeProve:
			request = proveRequest{Keys: [][]byte{consent.HeadKey(consent.LogID{1})}}
		case OpEntries:
			request = entriesRequest{Log: consent.LogID{1}}
		}
		_, err := routes[op](t.Context(), Caller{Key: key}, consent.Encode(request))
		return err
	}
	for _, op := range append(holders, peers...) {
		for name, key := range map[string]*consent.PublicKey{"anonymous": nil, "stranger": &stranger} {
			if err := ask(routes, op, key); !errors.Is(err, ErrForbidden) {
				t.Errorf("%s by %s: %v", op, name, err)
			}
		}
		if err := ask(routes, op, &caller); errors.Is(err, ErrForbidden) && op != OpUndelivered {
			t.Errorf("%s by its own caller: %v", op, err)
		}
	}
	node := NodeRoutes(o, o)
	for op := range node {
		if err := ask(node, op, &stranger); !errors.Is(err, ErrForbidden) {
			t.Errorf("%s of a node by a stranger: %v", op, err)
		}
	}
}

// TestKeysOfTheStateThatCallersMaySee: nobody has another log's state proven.
func TestKeysOfTheStateThatCallersMaySee(t *testing.T) {
	caller, network := named("caller").Public(), consent.NetworkID{1}
	mine, other := consent.LogID{1}, consent.LogID{7}
	tests := []struct {
		name          string
		key           []byte
		public, owner bool
	}{
		{"clock", consent.ClockKey(), true, true},
		{"registry", consent.HeadKey(consent.RegistryLogID(network)), true, true},
		{"institution", consent.InstitutionKey(consent.InstitutionID{3}), true, true},
		{"licence", consent.LicenceKey(caller), true, true},
		{"own head", consent.HeadKey(mine), false, true},
		{"own grant", consent.GrantKey(mine, 4), false, true},
		{"own key", consent.KeyUseKey(caller), false, true},
		{"other head", consent.HeadKey(other), false, false},
		{"other grant", consent.GrantKey(other, 4), false, false},
		{"other key", consent.KeyUseKey(named("x").Public()), false, false},
		{"nonces", []byte("nonces"), false, false},
		{"empty", []byte{}, false, false},
	}
	routes := everyRoute()
	for _, tt := range tests {
		body := consent.Encode(proveRequest{Keys: [][]byte{tt.key}})
		_, err := routes[OpProvePublic](t.Context(), Caller{}, body)
		if allowed := !errors.Is(err, ErrForbidden); allowed != tt.public {
			t.Errorf("%s for anyone: %v", tt.name, err)
		}
		_, err = routes[OpProveOwn](t.Context(), Caller{Key: &caller}, body)
		if allowed := !errors.Is(err, ErrForbidden); allowed != tt.owner {
			t.Errorf("%s for the owner: %v", tt.name, err)
		}
	}
}

func TestHolderReadsNoOtherLog(t *testing.T) {
	caller := named("caller").Public()
	body := consent.Encode(entriesRequest{Log: consent.LogID{7}})
	if _, err := everyRoute()[OpEntries](t.Context(), Caller{Key: &caller}, body); !errors.Is(err, ErrForbidden) {
		t.Errorf("entries of another log: %v", err)
	}
}

func TestDetailsAreCutToTheirFrame(t *testing.T) {
	target, _ := listen(t, everyRoute(), Limits{})
	cert, err := NewCertificate(named("caller").key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Dial(t.Context(), target, &cert)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	numbers := make([]uint64, 200)
	entries := make([]consent.Verified, len(numbers))
	for i := range numbers {
		entries[i].Entry.Number = uint64(i)
		entries[i].Item.Commitment = consent.Hash{1}
	}
	got, err := FetchDetails(t.Context(), c, entries)
	if err != nil || len(got) != len(numbers) {
		t.Errorf("%d details, %v", len(got), err)
	}
}

func TestTransferDataStopsWhenTheSourceDoes(t *testing.T) {
	cert, err := NewCertificate(named("caller").key)
	if err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("x"), 3*MaxChunkBytes/2)
	tests := []struct {
		name string
		size uint64 // said by the server
		want uint64 // expected by the client
		is   error
	}{
		{"whole", uint64(len(data)), uint64(len(data)), nil},
		{"stopped", uint64(len(data)) + 1, uint64(len(data)) + 1, ErrUnavailable},
		{"other size", uint64(len(data)), 5, ErrSize},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			send := Routes{OpTransferData: func(context.Context, Caller, []byte) (answer, error) {
				return answer{body: sizedAnswer{Size: tt.size}, bulk: closer{bytes.NewReader(data)}, size: tt.size}, nil
			}}
			target, _ := listen(t, Join(everyRoute(), send), Limits{})
			c, err := Dial(t.Context(), target, &cert)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			var to bytes.Buffer
			err = c.TransferData(t.Context(), UseRequest{}, tt.want, &to)
			if !errors.Is(err, tt.is) {
				t.Fatalf("TransferData: %v", err)
			}
			if err == nil && !bytes.Equal(to.Bytes(), data) {
				t.Error("other bytes arrived")
			}
			if errors.Is(tt.is, ErrUnavailable) {
				if _, err := c.Genesis(t.Context()); err != nil {
					t.Errorf("the session after a stop: %v", err)
				}
			}
		})
	}
}

type closer struct{ *bytes.Reader }

func (closer) Close() error { return nil }

// TestSessionsShareASecret: both ends export the same bytes, other sessions
// others.
func TestSessionsShareASecret(t *testing.T) {
	var seen [32]byte
	routes := Routes{OpCosignature: func(_ context.Context, c Caller, _ []byte) (answer, error) {
		seen = c.Exporter
		return answer{}, ErrStale
	}}
	target, _ := listen(t, routes, Limits{})
	var before [32]byte
	for range 2 {
		c, err := Dial(t.Context(), target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Cosignature(t.Context()); !errors.Is(err, ErrStale) {
			t.Fatal(err)
		}
		if seen != c.Exporter() || seen == before {
			t.Error("the session's secret is not its own")
		}
		before = seen
		c.Close()
	}
}

// TestRemoteNode: a node over the wire is the node.
func TestRemoteNode(t *testing.T) {
	c := newChain(t)
	p := c.year()
	target, _ := listen(t, NodeRoutes(office{}, c), Limits{})
	cert, err := NewCertificate(named("caller").key)
	if err != nil {
		t.Fatal(err)
	}
	node := NewRemoteNode(target, &cert)
	defer node.Close()
	l := c.light()
	registry, err := l.FollowRegistry(t.Context(), node)
	if err != nil {
		t.Fatal(err)
	}
	progress, err := l.Follow(t.Context(), node, registry, p.log, consent.Remembered{})
	if err != nil || len(progress.New) != len(c.leaves[p.log]) {
		t.Errorf("%d entries, %v", len(progress.New), err)
	}
	if h, err := node.WaitHeight(t.Context(), 1); err != nil || h != int64(len(c.blocks)) {
		t.Errorf("height %d, %v", h, err)
	}
	if err := node.Submit(t.Context(), make([]byte, consent.MaxTxBytes+100)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a transaction that is too large: %v", err)
	}
	if b, err := node.Genesis(t.Context()); err != nil || !bytes.Equal(b, c.file) {
		t.Errorf("genesis: %v", err)
	}
}
