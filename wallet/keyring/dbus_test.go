//go:build linux

package keyring

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// busConfig is a session bus that starts no services.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <servicedir>%s</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

// need finds a program, or skips the test.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("skipped: %s is not installed (Debian: dbus, gnome-keyring)", program)
	}
	return path
}

// startBus runs a private session bus and makes it this process's.
func startBus(t *testing.T) *dbus.Conn {
	t.Helper()
	dir := shortTempDir(t)
	services := filepath.Join(dir, "services")
	if err := os.Mkdir(services, 0o700); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, dir, services), 0o600); err != nil {
		t.Fatal(err)
	}
	// What the bus starts inherits these.
	t.Setenv("XDG_RUNTIME_DIR", dir)
	t.Setenv("HOME", dir)
	t.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
	cmd := exec.Command(need(t, "dbus-daemon"), "--config-file="+config, "--print-address=1", "--nofork", "--nopidfile")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	// What is set first is restored last: forgetBus must not meet the bus of
	// whoever runs the tests.
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(dir, "none"))
	t.Cleanup(func() { forgetBus(t) }) // runs after the bus has ended
	run(t, cmd)
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the bus says nothing: %v", err)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", strings.TrimSpace(address))
	conn, err := dbus.ConnectSessionBus()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// shortTempDir is a temporary folder whose sockets' names are short enough.
func shortTempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "ck") //nolint:usetesting // T.TempDir names are too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// run starts a program and ends it with the test.
func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// forgetBus waits until the keyring library's own connection to a bus that has
// ended is closed: it keeps one for the whole process.
func forgetBus(t *testing.T) {
	conn, err := dbus.SessionBus()
	if err != nil {
		return
	}
	select {
	case <-conn.Context().Done():
	case <-time.After(patience):
		t.Error("the library's connection outlives its bus")
	}
}

// startGnomeKeyring runs a Secret Service with an unlocked login collection.
func startGnomeKeyring(t *testing.T, conn *dbus.Conn) {
	t.Helper()
	owned := make(chan *dbus.Signal, 8)
	conn.Signal(owned)
	if err := conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, secretsName)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(need(t, "gnome-keyring-daemon"), "--foreground", "--unlock", "--components=secrets")
	cmd.Stdin = strings.NewReader("test")
	run(t, cmd)
	for deadline := time.After(patience); ; {
		select {
		case s := <-owned:
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" {
				return
			}
		case <-deadline:
			t.Fatal("no Secret Service came up")
		}
	}
}

func TestOSKeeperOverARealSecretService(t *testing.T) {
	need(t, "gnome-keyring-daemon")
	conn := startBus(t)
	startGnomeKeyring(t, conn)
	testKeeper(t, func(profile string) Keeper { return NewOS(profile) })
	if err := NewOS("p").Available(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestLockedSecretService(t *testing.T) {
	need(t, "gnome-keyring-daemon")
	conn := startBus(t)
	startGnomeKeyring(t, conn)
	o := NewOS("p")
	if err := o.Store(t.Context(), MasterEntry, []byte("x")); err != nil {
		t.Fatal(err)
	}
	var done []dbus.ObjectPath
	var prompt dbus.ObjectPath
	err := conn.Object(secretsName, secretsPath).
		Call(serviceType+".Lock", 0, []dbus.ObjectPath{loginPath}).Store(&done, &prompt)
	if err != nil || len(done) != 1 {
		t.Fatalf("lock: %v, %v", done, err)
	}
	_, loadErr := o.Load(t.Context(), MasterEntry)
	for _, err := range []error{
		loadErr, o.Available(t.Context()), o.Store(t.Context(), MasterEntry, []byte("y")), o.Delete(t.Context(), MasterEntry),
	} {
		if !errors.Is(err, Locked) {
			t.Errorf("got %v", err)
		}
	}
	o.MayPrompt, o.Limit = true, patience // nobody can show the question here, so it closes
	if _, err := o.Load(t.Context(), MasterEntry); !errors.Is(err, Dismissed) {
		t.Errorf("got %v", err)
	}
}

func TestNoKeyring(t *testing.T) {
	t.Run("no bus", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "none"))
		wantNoKeyring(t)
	})
	t.Run("no address", func(t *testing.T) {
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
		t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
		t.Setenv("PATH", t.TempDir()) // where no bus can be started from
		wantNoKeyring(t)
	})
	t.Run("no service", func(t *testing.T) {
		startBus(t)
		wantNoKeyring(t)
	})
	t.Run("no collection", func(t *testing.T) {
		conn := startBus(t)
		serveSecrets(t, conn, &fakeService{})
		wantNoKeyring(t)
	})
}

func wantNoKeyring(t *testing.T) {
	t.Helper()
	o := NewOS("p")
	_, loadErr := o.Load(t.Context(), MasterEntry)
	for _, err := range []error{loadErr, o.Available(t.Context()), o.Store(t.Context(), MasterEntry, []byte("x"))} {
		if !errors.Is(err, NoKeyring) {
			t.Errorf("got %v", err)
		}
	}
}

// A keyring that is not running is started by the bus where the bus knows how.
func TestKeyringIsStartedByTheBus(t *testing.T) {
	daemon := need(t, "gnome-keyring-daemon")
	conn := startBus(t)
	file := fmt.Sprintf("[D-BUS Service]\nName=%s\nExec=%s --foreground --components=secrets\n", secretsName, daemon)
	services := filepath.Join(os.Getenv("HOME"), "services", secretsName+".service")
	if err := os.WriteFile(services, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := conn.BusObject().Call("org.freedesktop.DBus.ReloadConfig", 0).Err; err != nil {
		t.Fatal(err)
	}
	if err := NewOS("p").Available(t.Context()); !errors.Is(err, NoKeyring) {
		t.Errorf("a keyring in which there is nothing to keep secrets in yet: %v", err)
	}
	var running bool
	err := conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, secretsName).Store(&running)
	if err != nil || !running {
		t.Errorf("the keyring was not started (%v)", err)
	}
}

// fakeService is a Secret Service that answers the look and then misbehaves.
type fakeService struct {
	collections []dbus.ObjectPath
	locked      bool
	hangLook    chan struct{} // the look waits for it
	hangCalls   chan struct{} // opening a session waits for it
	conn        *dbus.Conn
}

// Get answers org.freedesktop.DBus.Properties.Get.
func (f *fakeService) Get(_, name string) (dbus.Variant, *dbus.Error) {
	if f.hangLook != nil {
		<-f.hangLook
	}
	if name == "Locked" {
		return dbus.MakeVariant(f.locked), nil
	}
	return dbus.MakeVariant(f.collections), nil
}

// ReadAlias knows no default collection.
func (f *fakeService) ReadAlias(string) (dbus.ObjectPath, *dbus.Error) { return "/", nil }

// OpenSession opens a session in the plain algorithm.
func (f *fakeService) OpenSession(string, dbus.Variant) (dbus.Variant, dbus.ObjectPath, *dbus.Error) {
	if f.hangCalls != nil {
		<-f.hangCalls
	}
	return dbus.MakeVariant(""), "/org/freedesktop/secrets/session/1", nil
}

// Unlock asks a question first.
func (f *fakeService) Unlock([]dbus.ObjectPath) ([]dbus.ObjectPath, dbus.ObjectPath, *dbus.Error) {
	return nil, "/org/freedesktop/secrets/prompt/1", nil
}

// Prompt is closed by the person at once.
func (f *fakeService) Prompt(string) *dbus.Error {
	err := f.conn.Emit("/org/freedesktop/secrets/prompt/1", "org.freedesktop.Secret.Prompt.Completed",
		true, dbus.MakeVariant([]dbus.ObjectPath{}))
	if err != nil {
		return dbus.MakeFailedError(err)
	}
	return nil
}

// serveSecrets puts a fake in the Secret Service's place.
func serveSecrets(t *testing.T, conn *dbus.Conn, f *fakeService) {
	t.Helper()
	f.conn = conn
	for path, interfaces := range map[dbus.ObjectPath][]string{
		secretsPath:                         {"org.freedesktop.DBus.Properties", serviceType},
		loginPath:                           {"org.freedesktop.DBus.Properties"},
		"/org/freedesktop/secrets/prompt/1": {"org.freedesktop.Secret.Prompt"},
	} {
		for _, i := range interfaces {
			if err := conn.Export(f, path, i); err != nil {
				t.Fatal(err)
			}
		}
	}
	reply, err := conn.RequestName(secretsName, dbus.NameFlagDoNotQueue)
	if err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%v, %v", reply, err)
	}
}

func TestClosedQuestion(t *testing.T) {
	conn := startBus(t)
	serveSecrets(t, conn, &fakeService{collections: []dbus.ObjectPath{loginPath}, locked: true})
	o := NewOS("p")
	o.MayPrompt, o.Limit = true, patience
	if err := o.Store(t.Context(), MasterEntry, []byte("x")); !errors.Is(err, Dismissed) {
		t.Errorf("got %v", err)
	}
}

func TestSecretServiceThatHangs(t *testing.T) {
	for name, f := range map[string]*fakeService{
		"at the look":  {hangLook: make(chan struct{})},
		"at the calls": {collections: []dbus.ObjectPath{loginPath}, hangCalls: make(chan struct{})},
	} {
		t.Run(name, func(t *testing.T) {
			conn := startBus(t)
			serveSecrets(t, conn, f)
			o := NewOS("p")
			o.Limit = 200 * time.Millisecond
			if err := o.Store(t.Context(), MasterEntry, []byte("x")); !errors.Is(err, TimedOut) {
				t.Errorf("got %v", err)
			}
			for _, hang := range []chan struct{}{f.hangLook, f.hangCalls} {
				if hang != nil {
					close(hang)
				}
			}
		})
	}
}

func TestLookGivesUpWithItsContext(t *testing.T) {
	conn := startBus(t)
	f := &fakeService{hangLook: make(chan struct{})}
	defer close(f.hangLook)
	serveSecrets(t, conn, f)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := look(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
