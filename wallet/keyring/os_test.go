package keyring

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	oskeyring "github.com/zalando/go-keyring"
)

// fakeCalls is a keyring at the edge that can be made to misbehave.
type fakeCalls struct {
	mu    sync.Mutex
	kept  map[string]string
	hang  chan struct{} // calls wait until it is closed; nil never waits
	fail  error
	deaf  bool // says yes and does nothing
	calls int
}

func (f *fakeCalls) begin() error {
	f.mu.Lock()
	f.calls++
	hang, fail := f.hang, f.fail
	f.mu.Unlock()
	if hang != nil {
		<-hang
	}
	return fail
}

func (f *fakeCalls) Get(s, account string) (string, error) {
	if err := f.begin(); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	text, ok := f.kept[s+" "+account]
	if !ok {
		return "", oskeyring.ErrNotFound
	}
	return text, nil
}

func (f *fakeCalls) Set(s, account, text string) error {
	if err := f.begin(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.deaf {
		f.kept[s+" "+account] = text
	}
	return nil
}

func (f *fakeCalls) Delete(s, account string) error {
	if err := f.begin(); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.deaf {
		delete(f.kept, s+" "+account)
	}
	return nil
}

// isIn is a look that always sees the same.
func isIn(c condition) func(context.Context) (condition, error) {
	return func(context.Context) (condition, error) { return c, nil }
}

func fakeOS(profile string, f *fakeCalls, c condition) *OS {
	return &OS{profile: profile, calls: f, look: isIn(c), turn: make(chan struct{}, 1)}
}

func newFakeCalls() *fakeCalls { return &fakeCalls{kept: make(map[string]string)} }

func TestOSKeeperOverAnObedientKeyring(t *testing.T) {
	f := newFakeCalls()
	testKeeper(t, func(profile string) Keeper { return fakeOS(profile, f, open) })
	for name := range f.kept {
		if name[:8] != "carekey " {
			t.Errorf("an entry is called %q", name)
		}
	}
}

func TestConditionDecidesBeforeAnyCall(t *testing.T) {
	for name, c := range map[string]struct {
		condition condition
		lookErr   error
		mayPrompt bool
		want      error
	}{
		"nothing there":         {missing, nil, true, NoKeyring},
		"locked, may not ask":   {locked, nil, false, Locked},
		"the look fails":        {missing, errors.New("broken"), false, Failed},
		"locked, but it may":    {locked, nil, true, nil},
		"unlocked":              {open, nil, false, nil},
		"unlocked and may also": {open, nil, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeCalls()
			o := fakeOS("p", f, c.condition)
			o.look = func(context.Context) (condition, error) { return c.condition, c.lookErr }
			o.MayPrompt = c.mayPrompt
			for _, err := range []error{o.Store(t.Context(), MasterEntry, []byte("x")), o.Delete(t.Context(), MasterEntry)} {
				if !errors.Is(err, c.want) {
					t.Errorf("got %v", err)
				}
			}
			if c.want != nil && f.calls > 0 {
				t.Errorf("the keyring was called %d times all the same", f.calls)
			}
		})
	}
}

func TestAvailableAsksNobody(t *testing.T) {
	for c, want := range map[condition]error{missing: NoKeyring, locked: Locked, open: nil} {
		f := newFakeCalls()
		o := fakeOS("p", f, c)
		o.MayPrompt = true
		if err := o.Available(t.Context()); !errors.Is(err, want) || f.calls > 0 {
			t.Errorf("condition %d: %v after %d calls", c, err, f.calls)
		}
	}
}

func TestFailureIsExplainedByAnotherLook(t *testing.T) {
	broken := errors.New("dbus: something about paths")
	for name, c := range map[string]struct {
		after     condition
		mayPrompt bool
		fail      error
		want      Problem
	}{
		"the question was closed": {locked, true, broken, Dismissed},
		"locked meanwhile":        {locked, false, broken, Locked},
		"gone meanwhile":          {missing, false, broken, NoKeyring},
		"anything else":           {open, false, broken, Failed},
		"no platform":             {open, false, oskeyring.ErrUnsupportedPlatform, NoKeyring},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeCalls()
			f.fail = c.fail
			o := fakeOS("p", f, open)
			o.MayPrompt = c.mayPrompt
			looks := 0
			o.look = func(context.Context) (condition, error) {
				if looks++; looks%2 == 1 {
					return open, nil
				}
				return c.after, nil
			}
			_, loadErr := o.Load(t.Context(), MasterEntry)
			for _, err := range []error{loadErr, o.Store(t.Context(), MasterEntry, []byte("x")), o.Delete(t.Context(), MasterEntry)} {
				if !errors.Is(err, c.want) || !errors.Is(err, c.fail) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestWhatIsNotKeptIsNoticed(t *testing.T) {
	f := newFakeCalls()
	o := fakeOS("p", f, open)
	if err := o.Store(t.Context(), MasterEntry, []byte("old")); err != nil {
		t.Fatal(err)
	}
	f.deaf = true
	if err := o.Store(t.Context(), MasterEntry, []byte("new")); !errors.Is(err, NotKept) {
		t.Errorf("an overwriting: %v", err)
	}
	if err := o.Store(t.Context(), MarksEntry, []byte("new")); !errors.Is(err, NotKept) {
		t.Errorf("a first writing: %v", err)
	}
	if err := o.Delete(t.Context(), MasterEntry); !errors.Is(err, NotKept) {
		t.Errorf("a deletion: %v", err)
	}
}

func TestHangingKeyringTimesOut(t *testing.T) {
	f := newFakeCalls()
	f.hang = make(chan struct{})
	o := fakeOS("p", f, open)
	o.Limit = 20 * time.Millisecond
	_, loadErr := o.Load(t.Context(), MasterEntry)
	for _, err := range []error{loadErr, o.Store(t.Context(), MasterEntry, []byte("x")), o.Delete(t.Context(), MasterEntry)} {
		if !errors.Is(err, TimedOut) || err.Error() != TimedOut.Error() {
			t.Errorf("got %v", err)
		}
	}
	f.mu.Lock()
	if f.calls != 1 {
		t.Errorf("%d calls wait on a keyring that hangs", f.calls)
	}
	f.mu.Unlock()
	close(f.hang)
	o.Limit = time.Minute
	if err := o.Store(t.Context(), MasterEntry, []byte("x")); err != nil {
		t.Errorf("it works again: %v", err)
	}
}

func TestCallerMayGiveUp(t *testing.T) {
	f := newFakeCalls()
	f.hang = make(chan struct{})
	defer close(f.hang)
	ctx, cancel := context.WithCancel(t.Context())
	o := fakeOS("p", f, open)
	o.look = func(context.Context) (condition, error) {
		cancel()
		return open, nil
	}
	if _, err := o.Load(ctx, MasterEntry); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestForeignTextIsDamaged(t *testing.T) {
	f := newFakeCalls()
	f.kept["carekey p"] = "a password somebody typed"
	if _, err := fakeOS("p", f, open).Load(t.Context(), MasterEntry); !errors.Is(err, Damaged) {
		t.Errorf("got %v", err)
	}
}
