package ledger_test

import (
	"bufio"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"carekey/consent"
	"carekey/ledger"
)

// loadVariable names the home in which a child process of the test writes
// entries until it is killed.
const loadVariable = "CAREKEY_TEST_LOAD"

const loadFile = "load.json"

// load is what the child needs to write entries.
type load struct {
	Institution consent.InstitutionID
	Key         []byte
	Log         consent.LogID
}

// TestLoad is the child. It prints each transaction once it is committed.
func TestLoad(t *testing.T) {
	home := os.Getenv(loadVariable)
	if home == "" {
		return // only the crash test starts it
	}
	raw, err := os.ReadFile(filepath.Join(home, loadFile))
	if err != nil {
		t.Fatal(err)
	}
	var l load
	if err := json.Unmarshal(raw, &l); err != nil {
		t.Fatal(err)
	}
	node, err := ledger.Start(soon(t), ledger.Config{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	c := &chart{
		network: &network{hospital: key{ed25519.PrivateKey(l.Key)}, id: l.Institution}, log: l.Log,
		now: func() consent.Time { return consent.At(time.Now()) },
	}
	var writers sync.WaitGroup
	var out sync.Mutex
	for range 4 {
		writers.Go(func() {
			for soon(t).Err() == nil {
				tx := c.accesses(t, 3)
				_, number := accept(t, node, tx)
				out.Lock()
				fmt.Printf("committed %d %x\n", number, tx)
				out.Unlock()
			}
		})
	}
	writers.Wait()
}

// acknowledged is a transaction that the child saw committed.
type acknowledged struct {
	number uint64
	tx     []byte
}

// killUnderLoad runs the child and kills it after some commits.
func killUnderLoad(t *testing.T, home string, commits int) []acknowledged {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestLoad$")
	child.Env = append(os.Environ(), loadVariable+"="+home)
	child.Stderr = os.Stderr
	pipe, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acks []acknowledged
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) != 3 || words[0] != "committed" {
			continue
		}
		number, err := strconv.ParseUint(words[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		tx, err := hex.DecodeString(words[2])
		if err != nil {
			t.Fatal(err)
		}
		if acks = append(acks, acknowledged{number, tx}); len(acks) == commits {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // it was killed
	if len(acks) < commits {
		t.Fatalf("the child ended after %d commits", len(acks))
	}
	return acks
}

func TestNothingCommittedIsLost(t *testing.T) {
	n := newNetwork(t, time.Now())
	c := n.newChart(t)
	node := n.start(t)
	accept(t, node, c.open(t))
	stop(t, node)
	raw, err := json.Marshal(load{Institution: n.id, Key: n.hospital.private, Log: c.log})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(n.home, loadFile), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, commits := range []int{1, 40, 173} {
		acks := killUnderLoad(t, n.home, commits)
		node := n.start(t)
		height, _ := accept(t, node, c.accesses(t, 1))
		wholeLog(t, node, height, c.log, 1<<20)
		for _, ack := range acks {
			checkAcknowledged(t, node, c.log, ack)
		}
		checkReplay(t, node, acks[len(acks)-1].tx)
		stop(t, node)
	}
}

// checkAcknowledged finds the entries of a transaction where it was told they
// are.
func checkAcknowledged(t *testing.T, node *ledger.Node, log consent.LogID, ack acknowledged) {
	t.Helper()
	tx, _, err := consent.DecodeTx(ack.tx)
	if err != nil {
		t.Fatal(err)
	}
	leaves, _, err := node.Entries(soon(t), log, ack.number, 1)
	if err != nil || len(leaves) != 1 {
		t.Fatalf("entry %d: %d leaves, %v", ack.number, len(leaves), err)
	}
	e, _, err := consent.DecodeEntry(leaves[0])
	if err != nil {
		t.Fatal(err)
	}
	if e.Number != ack.number || string(e.Item) != string(tx.Items[0]) {
		t.Fatalf("entry %d is not what was committed", ack.number)
	}
}

// checkReplay shows that a restarted node, whose memory of transactions is
// empty, refuses one that is committed.
func checkReplay(t *testing.T, node *ledger.Node, tx []byte) {
	t.Helper()
	result, err := node.Submit(soon(t), tx)
	if err != nil || result.Code != consent.CodeReplayed {
		t.Fatalf("a committed transaction is answered with %+v, %v", result, err)
	}
}
