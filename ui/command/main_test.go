package command

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"carekey/consent"
	"carekey/ui"
	"carekey/ui/internal/uitest"
	"carekey/ui/words"
	"carekey/wallet"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"carekey": func() {
		os.Exit(Main(context.Background(), pretend(), os.Args[1:], Streams{
			In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Env: os.Environ(), Now: func() time.Time { return uitest.Now },
		}))
	}})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("ANCHOR", consent.Anchor{Version: 1, Network: consent.NetworkID{1}}.String())
			// With the race detector, each of some hundred programs would sleep for a second at its end.
			env.Setenv("GORACE", "atexit_sleep_ms=20")
			env.Setenv("NASTY", "Ada\x1b]0;owned\a")
			env.Setenv("LONG", strings.Repeat("a", 201))
			good, over := invitation(uitest.Now.Add(time.Hour)).Text(), invitation(uitest.Now).Text()
			return errors.Join(os.WriteFile(env.WorkDir+"/invitation.txt", []byte(good+"\n"), 0o600),
				os.WriteFile(env.WorkDir+"/over.txt", []byte(over), 0o600), writeShares(env.WorkDir))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": code},
	})
}

// code runs a command and compares its exit code: code 3 carekey revoke x-1.
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	}
	if fmt.Sprint(got) != args[0] {
		ts.Fatalf("exit code %d, not %s", got, args[0])
	}
}

func invitation(expiry time.Time) consent.Invitation {
	return consent.Invitation{
		Version: 1, Anchor: consent.Anchor{Version: 1, Network: consent.NetworkID{1}}, Institution: consent.InstitutionID{0xc1},
		Name: "City\x1b[31m General Hospital", Addresses: []string{"127.0.0.1:1"}, Ticket: [32]byte{7}, Expiry: consent.At(expiry),
	}
}

// pretend are roles that write down what they are asked, in the file acts.
func pretend() ui.Roles {
	return ui.Roles{
		Version: ui.Version{Number: "1.2.3", Commit: "0123456789abcdef0123"},
		Wallets: pretendWallets(),
		Gateway: pretendGateway(),
		Demo: ui.DemoRoles{
			Start: func(ctx context.Context, o ui.DemoOptions) (ui.Demo, error) {
				o.Progress("starting the hospital")
				opened, err := openWallet(ctx, ui.OpenOptions{})
				if errors.Is(err, ui.ErrBusy) {
					return ui.Demo{Report: ui.DemoReport{Folder: "/demo", Actors: []string{"carekey gateway status --home /demo/lab"}}}, err
				}
				return ui.Demo{Opened: opened, Report: ui.DemoReport{Folder: "/demo", Key: ui.InPassphraseFile, Passphrase: "four made up words",
					Actors: []string{"carekey gateway look --home /demo/hospital --record 1"}}}, err
			},
			Clean: func(context.Context, ui.DemoOptions) ([]string, error) { return []string{"/demo"}, nil },
		},
		Verify: func(_ context.Context, o ui.VerifyOptions) (ui.VerifyReport, error) {
			r := ui.VerifyReport{Kind: "two different histories", Against: "Lakeview Laboratory", Checks: []string{"the header is signed"}, Anchor: "carekey-anchor:x", OwnAnchor: o.Anchor == ""}
			if strings.Contains(o.File, "forged") {
				return r, fmt.Errorf("%w: the header's signature is not the validators'", ui.ErrLie)
			}
			_, err := os.Stat(o.File)
			return r, err
		},
		Node: func(_ context.Context, o ui.NodeOptions) error {
			o.Log.Info("node started", "home", o.Home)
			return act("node %s %s %s", o.Home, o.Listen, o.Metrics)
		},
	}
}

func act(format string, args ...any) error {
	f, err := os.OpenFile("acts", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintf(f, format+"\n", args...)
	return err
}

func failing() error {
	kinds := map[string]error{
		"locked": ui.ErrLocked, "unreachable": ui.ErrUnreachable, "lie": ui.ErrLie, "refused": ui.ErrRefused, "busy": ui.ErrBusy,
		"canceled": context.Canceled, "request": wallet.ErrUnknownRequest, "other": errors.New("the \x1b[31mdisk is full"),
	}
	return kinds[os.Getenv("FAIL")]
}

func openWallet(ctx context.Context, o ui.OpenOptions) (ui.Opened, error) {
	if o.Profile == "missing" {
		return ui.Opened{}, ui.ErrNotFound
	}
	if err := failing(); err != nil {
		return ui.Opened{}, err
	}
	if os.Getenv("KEYRING") == "none" {
		secret, err := o.Passphrase(ctx)
		if err != nil {
			return ui.Opened{}, err
		}
		if !bytes.Equal(secret, []byte("correct horse")) {
			return ui.Opened{}, ui.ErrLocked
		}
		clear(secret)
	}
	w := uitest.New(41)
	if os.Getenv("ALARMED") != "" {
		w.Change(uitest.Alarmed)
	}
	if os.Getenv("EMPTY") != "" {
		w = uitest.Empty()
	}
	return ui.Opened{Wallet: w, Close: func() error {
		for _, a := range w.Did() {
			if a != "refresh" {
				if err := act("%s", a); err != nil {
					return err
				}
			}
		}
		return nil
	}}, nil
}

func pretendWallets() ui.WalletRoles {
	return ui.WalletRoles{
		Profiles: func() ([]string, error) { return strings.Fields(os.Getenv("PROFILES")), nil },
		Keyring: func(context.Context) error {
			if os.Getenv("KEYRING") == "none" {
				return ui.ErrNoKeyring
			}
			return nil
		},
		Init: func(ctx context.Context, o ui.InitOptions) (ui.InitReport, error) {
			r := ui.InitReport{Profile: o.Profile, Folder: "/wallets/" + o.Profile, Place: o.Place}
			if o.Recovery != "" {
				secret, err := o.RecoveryPassphrase(ctx)
				if err != nil {
					return r, err
				}
				if err := act("restore %s with %s", o.Recovery, secret); err != nil {
					return r, err
				}
			}
			if o.Place == ui.InPassphraseFile {
				secret, err := o.Passphrase(ctx)
				if err != nil {
					return r, err
				}
				r.KeyFile = "/wallets/" + o.Profile + "/key.age"
				return r, act("init %s in a file under %s", o.Profile, secret)
			}
			return r, act("init %s in the keyring", o.Profile)
		},
		SaveRecovery: func(ctx context.Context, o ui.OpenOptions, file string, secret []byte) error {
			if _, err := openWallet(ctx, o); err != nil {
				return err
			}
			return act("recovery of %s in %s under %s", o.Profile, file, secret)
		},
		CheckRecovery: func(ctx context.Context, o ui.OpenOptions, file string, secret []byte) error {
			if _, err := openWallet(ctx, o); err != nil {
				return err
			}
			if string(secret) != "correct horse" {
				return ui.ErrLocked
			}
			return act("opened %s", file)
		},
		Open: openWallet,
		Prove: func(_ context.Context, _ ui.Opened, chart consent.LogID) ([]byte, error) {
			return []byte("proof of " + chart.String()[:8]), nil
		},
		Join: func(_ context.Context, _ ui.Opened, text string) (ui.JoinReport, error) {
			i, err := consent.ParseInvitation(text)
			if err != nil {
				return ui.JoinReport{}, err
			}
			return ui.JoinReport{Institution: words.Clean(i.Name), Record: "MRN-004211", Chart: "c1"}, act("join")
		},
	}
}

func pretendGateway() ui.GatewayRoles {
	query := ui.GatewayQuery{Record: "MRN-004211", Chart: consent.LogID{0xc1, 2, 3, 4}, Number: 31, About: 12, Text: "Who \x1b[31mwas this?", Due: uitest.Now.AddDate(0, 0, 7)}
	return ui.GatewayRoles{
		Run: func(_ context.Context, o ui.GatewayOptions) error {
			o.Log.Info("gateway started")
			return act("gateway %s %s %s %s", o.Home, o.FHIR, o.TokenFile, o.System)
		},
		Status: func(_ context.Context, home string) (ui.GatewayStatus, error) {
			if home == "/dark" {
				return ui.GatewayStatus{Address: "127.0.0.1:7443", Charts: 1, Problem: "the ledger's node: no address of the server answers"}, nil
			}
			return ui.GatewayStatus{Institution: "City General Hospital", Address: "127.0.0.1:7443", Charts: 1, Queries: []ui.GatewayQuery{query}, Copies: gatewayCopies(), Height: 9124, Time: uitest.Now.Add(-time.Second)}, failing()
		},
		Invite: func(_ context.Context, o ui.InviteOptions) (ui.InviteReport, error) {
			expires := uitest.Now.Add(time.Hour)
			done := "invite " + o.Record
			if o.Again {
				done += " again"
			}
			return ui.InviteReport{Invitation: invitation(expires).Text(), Expires: expires}, act("%s", done)
		},
		Request: func(_ context.Context, o ui.AskOptions) (ui.AskReport, error) {
			return ui.AskReport{Chart: consent.LogID{0x4e}, Number: 7}, act("ask %s from %q by %q %q: %s; %s; %d uses; for %s; due %s; why %q", o.Record, o.From, o.By.Name, o.By.Role,
				consent.Enumerate(o.Scope.Types), o.Purpose, o.Uses, o.For, o.Due, o.Why)
		},
		Look: func(_ context.Context, o ui.LookOptions) (ui.LookReport, error) {
			return ui.LookReport{Chart: consent.LogID{0x4e}, Number: 8, Proven: true, Records: 2, Bundle: []byte(`{"resourceType":"Bundle"}`)},
				act("look %s: %s%s; %s", o.Record, o.Basis, used(o.Grant), consent.Enumerate(o.Types))
		},
		Answer: func(_ context.Context, o ui.AnswerOptions) error {
			return act("answer %d: %s", o.Number, o.Text)
		},
		Collect: func(_ context.Context, o ui.CollectOptions) (ui.CollectReport, error) {
			kinds := map[byte]error{0x5e: ui.ErrRefused, 0x5f: ui.ErrBusy, 0xff: ui.ErrNotFound}
			if err := kinds[o.Transfer[0]]; err != nil {
				return ui.CollectReport{}, err
			}
			return ui.CollectReport{Use: 2, Left: 1}, act("collect %s", o.Transfer)
		},
	}
}

func gatewayCopies() []ui.GatewayCopy {
	copied := func(first byte) ui.GatewayCopy {
		return ui.GatewayCopy{Transfer: consent.LogID{first, 1}, From: "Lakeview \x1b[31mLaboratory", Uses: 2, Used: 1, Until: uitest.Now.AddDate(0, 1, 0)}
	}
	open, over, running := copied(0x5d), copied(0x5e), copied(0x5f)
	open.Record, open.Again, open.Text = "MRN-004211", true, "the source released nothing"
	running.Running, running.Used = true, 0
	over.Used = 2
	return []ui.GatewayCopy{open, over, running}
}

func used(permission *uint64) string {
	if permission == nil {
		return ""
	}
	return fmt.Sprintf(" (%d)", *permission)
}
