package world

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/gateway/store"
	"carekey/wallet"
)

const childEnv = "CAREKEY_TEST_WORLD"

// child is part of a network in a process of its own, which kills itself right
// after each step of a transfer at which it was not killed before.
type child struct {
	Dir   string            // of the world
	Role  Role              // the one gateway to run; empty: the whole network
	Node  string            // where the node serves a lone gateway, and its key
	Key   consent.PublicKey //
	Taken []gateway.Step    // steps at which it was killed already
	Log   bool              // to standard error
}

// TestMain runs part of a network instead of the tests in a child process.
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
	options := Options{Flush: 200 * time.Millisecond, Company: time.Second, Change: func(_ Role, g *gateway.Config) {
		g.AfterStep = c.after
	}}
	options.Log = slog.New(slog.DiscardHandler)
	if c.Log {
		options.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	if c.Role != "" {
		return c.runGateway(options)
	}
	if _, err := Start(context.Background(), c.Dir, options); err != nil {
		return err
	}
	os.Stdout.WriteString("ready\n")
	select {} // until it is killed
}

// after kills this process, not one instruction later.
func (c child) after(s gateway.Step) {
	if !slices.Contains(c.Taken, s) {
		os.Stdout.WriteString(s.String() + "\n")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (c child) runGateway(o Options) error {
	w := &World{Dir: c.Dir, houses: map[Role]*House{}}
	if err := readSettings(filepath.Join(c.Dir, planFile), &w.plan); err != nil {
		return err
	}
	k, err := gateway.LoadKeys(filepath.Join(c.Dir, string(c.Role), "keys"))
	if err != nil {
		return err
	}
	cert, err := client.NewCertificate(k.TLS)
	if err != nil {
		return err
	}
	w.service = client.NewRemoteNode(client.Target{Addresses: []string{c.Node}, Key: c.Key}, &cert)
	if err := w.startHouse(context.Background(), c.Role, o); err != nil {
		return err
	}
	os.Stdout.WriteString("ready\n")
	select {} // until it is killed
}

// victim is what a kill test kills.
type victim struct {
	*stage
	child child
	lives []*exec.Cmd
}

// live runs the child; its steps come out of the channel, which is closed when
// it dies.
func (v *victim) live(t *testing.T) <-chan string {
	t.Helper()
	spec, err := json.Marshal(v.child)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(spec))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	v.lives = append(v.lives, cmd)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatalf("the child said nothing: %v", cmd.Wait())
	}
	said := make(chan string, 2)
	if lines.Text() != "ready" {
		said <- lines.Text() // it came to a step while it was starting
	}
	go func() {
		defer close(said)
		for lines.Scan() {
			if lines.Text() != "ready" {
				said <- lines.Text()
			}
		}
	}()
	return said
}

// dies waits for the step after which the child killed itself.
func (v *victim) dies(t *testing.T, said <-chan string, wanted []gateway.Step) gateway.Step {
	t.Helper()
	var step gateway.Step
	select {
	case name, ok := <-said:
		if !ok {
			t.Fatalf("the child ended by itself: %v", v.lives[len(v.lives)-1].Wait())
		}
		if err := step.UnmarshalText([]byte(name)); err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatalf("never reached: %v", slices.DeleteFunc(wanted, func(s gateway.Step) bool { return slices.Contains(v.child.Taken, s) }))
	}
	err := v.lives[len(v.lives)-1].Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || !strings.Contains(exit.Error(), "killed") {
		t.Fatalf("the child ended by %v", err)
	}
	return step
}

// killedAt notes a step after which the child was killed.
func (v *victim) killedAt(s gateway.Step) {
	if s != 0 && !slices.Contains(v.child.Taken, s) {
		v.child.Taken = append(v.child.Taken, s)
	}
	if v.child.Role == "" && s == gateway.DestinationFetched {
		v.killedAt(gateway.SourceSent) // all has arrived: who died before noting that it was sent sends no more
	}
}

// roles are the institutions that die with the child and have a part in the
// transfer.
func (v *victim) roles() []Role {
	if v.child.Role == "" {
		return []Role{Hospital, Clinic}
	}
	return []Role{v.child.Role}
}

// stepOf is how far a dead gateway was by what it wrote down: it may have been
// killed after a step that it could not tell of any more.
func (v *victim) stepOf(t *testing.T, role Role, id consent.LogID) gateway.Step {
	t.Helper()
	kept := v.storeOf(t, role)
	defer kept.Close()
	var step gateway.Step
	err := kept.View(t.Context(), func(tx *store.Tx) error {
		uses, err := tx.NewestUses(1)
		if len(uses) == 1 && uses[0].Transfer == id {
			step = gateway.Step(uses[0].Step)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return step
}

// storeOf opens the store of a gateway that is not running.
func (s *stage) storeOf(t *testing.T, role Role) *store.Store {
	t.Helper()
	home := filepath.Join(s.Dir, string(role))
	k, err := gateway.LoadKeys(filepath.Join(home, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(t.Context(), home, k.Seal)
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// usual are the steps that a transfer takes at a side when nothing goes wrong;
// the empty role has both.
func usual(role Role) []gateway.Step {
	return slices.DeleteFunc(gateway.Steps(), func(s gateway.Step) bool {
		destination := s < gateway.SourceAsked
		// Whoever wakes to find the receipt proven need not note that all was sent.
		return !s.Usual() || role == "" && s == gateway.SourceSent || role == Hospital && destination || role == Clinic && !destination
	})
}

// TestKilledAfterEachStep kills a side, or the whole network with its ledger,
// by SIGKILL right after each step that it takes, and starts it again. The
// transfer goes on every time, ends, is filed once, and stands in both charts.
func TestKilledAfterEachStep(t *testing.T) {
	for name, role := range map[string]Role{"source": Hospital, "destination": Clinic, "everything": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.person(t, illnesses(), anna()).opens().joins(Hospital, Clinic)
			r := p.isAsked(labAndMedicines())
			v := s.handOver(t, role)
			said := v.live(t)
			id := p.approves(r)
			for wanted := usual(role); ; said = v.live(t) {
				v.killedAt(v.dies(t, said, wanted))
				for _, at := range v.roles() {
					v.killedAt(v.stepOf(t, at, id))
				}
				v.checkFiled(t, p, id)
				if len(v.child.Taken) == len(wanted) {
					break
				}
			}
			p.close()
			s.restart()
			p.opens()
			checkMoved(t, p, id)
		})
	}
}

// handOver leaves a gateway, or everything, to a child.
func (s *stage) handOver(t *testing.T, role Role) *victim {
	t.Helper()
	v := &victim{stage: s, child: child{Dir: s.Dir, Role: role, Log: testing.Verbose()}}
	if role == "" {
		s.stop()
		return v
	}
	h := s.House(role)
	if err := errors.Join(h.Gateway.Close(), h.Records.Close()); err != nil {
		t.Fatal(err)
	}
	v.child.Node, v.child.Key = s.serveNode(t)
	return v
}

// serveNode offers the ledger to registered gateways over TLS.
func (s *stage) serveNode(t *testing.T) (string, consent.PublicKey) {
	t.Helper()
	key, err := newOnceKey()
	if err != nil {
		t.Fatal(err)
	}
	cert, err := client.NewCertificate(key.key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hello := client.Hello{Chain: s.genesis.Chain, Network: s.genesis.Network}
	server := client.NewServer(hello, cert, client.NodeRoutes(s.House(Lab).Gateway, s.service), client.Limits{}, slog.New(slog.DiscardHandler))
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String(), key.Public()
}

// checkFiled: while the destination is dead, what it holds was released.
func (v *victim) checkFiled(t *testing.T, p *person, id consent.LogID) {
	t.Helper()
	if v.child.Role == Hospital {
		return
	}
	kept, err := records.OpenEmbedded(t.Context(), filepath.Join(v.Dir, string(Clinic), RecordsFile))
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	b, _, err := kept.Read(t.Context(), p.records[Clinic])
	if err != nil {
		t.Fatal(err)
	}
	filed := countTypes(b)["Provenance"] > 0
	released := slices.Contains(v.child.Taken, gateway.DestinationReleased)
	if filed && !released {
		t.Errorf("something is filed after %v", v.child.Taken)
	}
	if v.child.Role == "" {
		return // the ledger is dead too
	}
	if log := classes(v.log(t, id)); filed && !slices.Contains(log, consent.ClassRelease) {
		t.Errorf("something is filed and the log has %v", log)
	}
}

// checkMoved: the transfer has all its entries once, in order, with an access
// in each chart, and its records were filed once.
func checkMoved(t *testing.T, p *person, id consent.LogID) {
	t.Helper()
	got := p.seesTransfer("the match", id, matched)
	if got.State != consent.TransferReceived || got.Verdict != consent.VerdictOK || got.Records != 4 {
		t.Errorf("transfer %+v", got)
	}
	want := []consent.Class{consent.ClassTransferOpen, consent.ClassCollect, consent.ClassRelease, consent.ClassReceived}
	if log := classes(p.on.log(t, id)); !slices.Equal(log, want) {
		t.Errorf("entries %v", log)
	}
	filed := p.filed(Clinic)
	if filed["MedicationRequest"] != 2 || filed["Observation"] != 2 || filed["Provenance"] != 1 || filed["AuditEvent"] != 1 || filed["Patient"] != 1 {
		t.Errorf("filed %v", filed)
	}
	for _, role := range []Role{Hospital, Clinic} {
		rows, n, err := p.History(wallet.Filter{Institution: p.on.House(role).ID, Classes: []consent.Class{consent.ClassAccess}}, 0, 9)
		if err != nil || n != 1 {
			t.Errorf("%s has %d accesses, %v: %+v", role, n, err, rows)
		}
	}
}
