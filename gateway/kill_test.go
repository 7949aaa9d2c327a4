package gateway_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/gateway/store"
)

const childEnv = "CAREKEY_TEST_GATEWAY"

// child is a gateway in a process of its own that kills itself after a step.
type child struct {
	Dir     string
	Address string
	Node    string
	NodeKey consent.PublicKey
	Anchor  consent.Anchor
	ID      consent.InstitutionID
	Kill    gateway.Step
}

// TestMain runs a gateway instead of the tests in a child process.
func TestMain(m *testing.M) {
	if spec := os.Getenv(childEnv); spec != "" {
		if err := runChild(spec); err != nil {
			io.WriteString(os.Stderr, err.Error()+"\n")
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func runChild(spec string) error {
	var c child
	if err := json.Unmarshal([]byte(spec), &c); err != nil {
		return err
	}
	keys, err := gateway.LoadKeys(filepath.Join(c.Dir, "keys"))
	if err != nil {
		return err
	}
	cert, err := client.NewCertificate(keys.TLS)
	if err != nil {
		return err
	}
	held, err := records.OpenEmbedded(ctxOfChild(), filepath.Join(c.Dir, "records.db"))
	if err != nil {
		return err
	}
	g, err := gateway.Open(ctxOfChild(), gateway.Config{
		Home: filepath.Join(c.Dir, "gateway"), Anchor: c.Anchor, Institution: c.ID, Keys: keys, Records: held,
		Node:  client.NewRemoteNode(client.Target{Addresses: []string{c.Node}, Key: c.NodeKey}, &cert),
		Flush: 200 * time.Millisecond, Company: time.Second,
		AfterStep: func(s gateway.Step) {
			if s == c.Kill {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {} // not one instruction more of the gateway's
			}
		},
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.Address)
	if err != nil {
		return err
	}
	os.Stdout.WriteString("ready\n")
	return g.Serve(l)
}

// serveNode offers the ledger to children.
func (w *world) serveNode(registered client.Registered) (string, consent.PublicKey) {
	t := w.t
	t.Helper()
	k := newKey(t)
	cert, err := client.NewCertificate(k.private)
	if err != nil {
		t.Fatal(err)
	}
	hello := client.Hello{Chain: w.genesis.Chain, Network: w.genesis.Network}
	s := client.NewServer(hello, cert, client.NodeRoutes(registered, w.node), client.Limits{}, nilLog)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	return l.Addr().String(), k.Public()
}

// startChild runs the house in a process of its own until it kills itself.
func (h *house) startChild(c child) *exec.Cmd {
	t := h.t
	t.Helper()
	c.Dir, c.Address, c.Anchor, c.ID = h.dir, h.address, h.anchor, h.id
	spec, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(h.soon(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(spec))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || strings.TrimSpace(line) != "ready" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	h.lives++
	return cmd
}

// TestKillAfterEachStep kills a side with SIGKILL after each step it takes.
// After its restart the transfer finishes, with both accesses.
func TestKillAfterEachStep(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	w, at, from := pair(t)
	address, nodeKey := w.serveNode(anyone{})
	for _, step := range gateway.Steps() {
		if !step.Usual() || step == gateway.DestinationLinked { // linked is written with the parcel
			continue
		}
		t.Run(step.String(), func(t *testing.T) {
			victim := w.dest
			if step.Side() == store.Source {
				victim = w.source
			}
			a := &approval{at: at, from: from, scope: labScope}
			request, key := a.prepare(w.ask())
			victim.close()
			process := victim.startChild(child{Node: address, NodeKey: nodeKey, Kill: step})
			a.open(request, key)
			if err := process.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the child ended by %v", err)
			}
			victim.start()
			w.until(func() bool { return a.state().Stored == consent.TransferReceived })
			w.until(func() bool { return accessOf(at, a.transfer.log, false) && accessOf(from, a.transfer.log, true) })
		})
		if t.Failed() {
			return
		}
	}
	filedOnce(t, w)
}

// filedOnce: however often it was tried, each transfer was filed once.
func filedOnce(t *testing.T, w *world) {
	t.Helper()
	got, _, err := w.dest.records.Read(w.soon(), "R-1")
	if err != nil {
		t.Fatal(err)
	}
	imports, medicines := 0, 0
	for _, r := range got.Entries {
		switch r.Type {
		case "AuditEvent":
			imports++
		case "MedicationRequest":
			medicines++
		}
	}
	if imports == 0 || medicines != imports+1 {
		t.Errorf("%d imports brought %d medicines", imports, medicines-1)
	}
}

func accessOf(c *chart, transfer consent.LogID, gave bool) bool {
	n := 0
	for _, content := range c.contents() {
		a, ok := content.(*consent.Accessed)
		if ok && a.Transfer != nil && a.Transfer.Transfer == transfer && a.Transfer.Gave == gave {
			n++
		}
	}
	if n > 1 {
		c.t.Errorf("the access of one transfer stands %d times in a chart", n)
	}
	return n == 1
}

// anyone lets every key through as if it were registered.
type anyone struct{}

func (anyone) InstitutionOf(context.Context, consent.PublicKey) (consent.InstitutionID, error) {
	return consent.InstitutionID{}, nil
}

var nilLog = slog.New(slog.DiscardHandler)

func ctxOfChild() context.Context { return context.Background() }
