package ledger_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"carekey/consent"
	"carekey/ledger"
	"carekey/ledger/engine"
)

func TestServiceAnswers(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	s := ledger.NewService(node)
	c := n.newChart(t)
	tx := c.open(t)
	if err := s.Submit(soon(t), tx); err != nil {
		t.Fatal(err)
	}
	height, _, err := node.Await(soon(t), ledger.TxID(tx))
	if err != nil {
		t.Fatal(err)
	}
	newest, err := s.WaitHeight(soon(t), height+1)
	if err != nil || newest <= height {
		t.Fatalf("height %d, %v", newest, err)
	}
	proof, err := s.Prove(soon(t), 0, [][]byte{consent.HeadKey(c.log), []byte("nothing")})
	if err != nil || proof.Height < height || !proof.Keys[0].Present || proof.Keys[1].Present {
		t.Fatalf("proof %+v, %v", proof, err)
	}
	if raw, err := s.LightBlock(soon(t), proof.Height+1); err != nil || decodeLight(t, raw).Height != proof.Height+1 {
		t.Errorf("the header that proves the newest state: %v", err)
	}
	page, err := s.Entries(soon(t), c.log, 0, 0)
	if err != nil || len(page.Leaves) != 1 || len(page.Companions) != 1 {
		t.Errorf("page %+v, %v", page, err)
	}
	again := s.Submit(soon(t), c.open(t))
	if refusal := new(consent.Refusal); !errors.As(again, &refusal) || refusal.Code != consent.CodeExists {
		t.Errorf("a chart that is open is opened: %v", again)
	}
}

// TestYoungLedgerProves: what is asked before there is a provable state waits
// for it.
func TestYoungLedgerProves(t *testing.T) {
	n := newNetwork(t, time.Now())
	s := ledger.NewService(n.start(t))
	proof, err := s.Prove(soon(t), 0, [][]byte{consent.HeadKey(consent.RegistryLogID(n.genesis.Network))})
	if err != nil || proof.Height < 1 || !proof.Keys[0].Present {
		t.Errorf("proof %+v, %v", proof, err)
	}
}

// TestOverlappingSubmits: many callers wait at once and each gets its own
// result; the same bytes sent twice are one entry.
func TestOverlappingSubmits(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	c := n.newChart(t)
	accept(t, node, c.open(t))
	const callers = 200
	numbers := make(chan uint64, 2*callers)
	var all sync.WaitGroup
	for range callers {
		tx := c.accesses(t, 1)
		for range 2 {
			all.Go(func() {
				_, number := accept(t, node, tx)
				numbers <- number
			})
		}
	}
	all.Wait()
	close(numbers)
	seen := map[uint64]int{}
	for number := range numbers {
		seen[number]++
	}
	if len(seen) != callers {
		t.Errorf("%d entries for %d transactions", len(seen), callers)
	}
	for number, times := range seen {
		if times != 2 {
			t.Errorf("entry %d is the result of %d calls", number, times)
		}
	}
}

func TestMalformedTransactionsAreRefused(t *testing.T) {
	node := newNetwork(t, time.Now()).start(t)
	for name, tx := range map[string][]byte{
		"empty": nil, "text": []byte("not a transaction"), "zeros": make([]byte, 400),
		"oversized": make([]byte, consent.MaxTxBytes+1),
	} {
		result, err := node.Submit(soon(t), tx)
		if err == nil && result.Code != consent.CodeMalformed {
			t.Errorf("%s: %+v", name, result)
		}
	}
	if _, _, err := node.Wait(soon(t), 2); err != nil {
		t.Fatal(err)
	}
	if err := node.Healthy(); err != nil {
		t.Errorf("the node is not well after malformed input: %v", err)
	}
}

func TestHealthAndMetrics(t *testing.T) {
	n := newNetwork(t, time.Now())
	node := n.start(t)
	c := n.newChart(t)
	accept(t, node, c.open(t))
	if result, err := node.Submit(soon(t), []byte("junk")); err != nil || result.Code == consent.CodeOK {
		t.Fatal(result, err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(node.Collector())
	metrics := get(t, promhttp.HandlerFor(registry, promhttp.HandlerOpts{}), http.StatusOK)
	for _, want := range []string{
		"carekey_ledger_accepted_total 1", "carekey_ledger_turned_away_total 1", "carekey_ledger_pending 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %q", want)
		}
	}
	get(t, node.Health(), http.StatusOK)
	stop(t, node)
	get(t, node.Health(), http.StatusServiceUnavailable)
}

func get(t *testing.T, h http.Handler, want int) string {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil))
	if answer.Code != want {
		t.Errorf("status %d, want %d: %s", answer.Code, want, answer.Body)
	}
	return answer.Body.String()
}

// A stop that the engine has no room for is in a block all the same.
func TestStopIsTakenWhenNothingElseIs(t *testing.T) {
	n := newNetwork(t, time.Now().Add(-time.Minute), emptyBlocks(50*time.Millisecond))
	node := n.start(t)
	c := n.newChart(t)
	accept(t, node, c.open(t))
	_, grant := accept(t, node, c.grant(t))
	if r, err := node.Squeeze(c.revoke(t, grant+1)); err != nil || r.Code != consent.CodeNotLive {
		t.Errorf("a stop of nothing: %+v, %v", r, err)
	}
	if _, err := node.Squeeze(c.grant(t)); !errors.Is(err, engine.ErrBusy) {
		t.Errorf("what is no stop: %v", err)
	}
	revoke := c.revoke(t, grant)
	if r, err := node.Squeeze(revoke); err != nil || r.Code != consent.CodeOK {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, r, err := node.Await(soon(t), ledger.TxID(revoke)); err != nil || r.Code != consent.CodeOK {
		t.Errorf("%+v, %v", r, err)
	}
}
