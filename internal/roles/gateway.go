package roles

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"carekey/client"
	"carekey/consent"
	"carekey/gateway"
	"carekey/gateway/records"
	"carekey/internal/reach"
	"carekey/internal/world"
	"carekey/ui"
)

// gateways are what an institution does.
func gateways() ui.GatewayRoles {
	return ui.GatewayRoles{
		Run: runGateway, Status: gatewayStatus, Invite: invite, Request: request, Look: look, Answer: answer, Collect: collect,
	}
}

// frugal is how much garbage a gateway's heap may hold beside what is in use, in
// percent: with Go's usual 100 a large transfer took up to a fifth more memory
// and no less time.
const frugal = 50

// runGateway runs the gateway of a home until the context ends.
func runGateway(ctx context.Context, o ui.GatewayOptions) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(frugal)
	}
	home, err := world.ReadGatewayHome(o.Home)
	if err != nil {
		return homeTrouble(err)
	}
	anchor, err := consent.ParseAnchor(home.Anchor)
	if err != nil {
		return err
	}
	k, err := gateway.LoadKeys(filepath.Join(o.Home, "keys"))
	if err != nil {
		return err
	}
	node, err := remoteNode(home.Node, k)
	if err != nil {
		return err
	}
	defer node.Close()
	kept, closeRecords, err := openRecords(ctx, o)
	if err != nil {
		return err
	}
	defer closeRecords()
	// Before its address, which the first one holds as well.
	if used, err := inUse(o.Home); err != nil {
		return err
	} else if used {
		return homeTrouble(fmt.Errorf("%w: %s", gateway.ErrInUse, o.Home))
	}
	if o.Listen != "" {
		home.Listen = o.Listen
	}
	listener, err := listen(ctx, "the gateway cannot listen", home.Listen)
	if err != nil {
		return err
	}
	g, err := gateway.Open(ctx, gateway.Config{
		Home: o.Home, Anchor: anchor, Institution: home.Institution, Keys: k, Node: node, Records: kept,
		Addresses: []string{listener.Addr().String()}, Log: o.Log,
	})
	if err != nil {
		return errors.Join(homeTrouble(err), listener.Close())
	}
	if err := observe(ctx, o.Metrics, g.Health()); err != nil {
		return errors.Join(err, g.Close(), listener.Close())
	}
	return serveGateway(ctx, g, listener, o)
}

func serveGateway(ctx context.Context, g *gateway.Gateway, l net.Listener, o ui.GatewayOptions) error {
	o.Log.Info("the gateway serves", "address", l.Addr().String())
	ended := make(chan error, 2)
	go func() { ended <- g.Serve(l) }()
	go func() { ended <- g.ServeAdmin() }()
	var failed error
	select {
	case <-ctx.Done():
	case failed = <-ended:
	}
	return errors.Join(failed, g.Close())
}

// remoteNode is the node that the home names.
func remoteNode(at world.NodeAddress, k *gateway.Keys) (*client.RemoteNode, error) {
	cert, err := client.NewCertificate(k.TLS)
	if err != nil {
		return nil, err
	}
	return client.NewRemoteNode(client.Target{Addresses: []string{at.Address}, Key: at.Key}, &cert), nil
}

// openRecords is the institution's FHIR server, or the embedded store.
func openRecords(ctx context.Context, o ui.GatewayOptions) (records.Records, func(), error) {
	if o.FHIR != "" {
		s, err := records.NewServer(records.ServerOptions{URL: o.FHIR, TokenFile: o.TokenFile, System: o.System})
		if err != nil {
			return nil, nil, &kinded{err, ui.ErrUsage}
		}
		return s, func() {}, nil
	}
	e, err := records.OpenEmbedded(ctx, filepath.Join(o.Home, world.RecordsFile))
	if err != nil {
		return nil, nil, err
	}
	return e, func() { _ = e.Close() }, nil // its writes are durable already
}

// gatewayStatus asks the running gateway of a home.
func gatewayStatus(ctx context.Context, home string) (ui.GatewayStatus, error) {
	s, err := gateway.Admin{Home: home}.Status(ctx)
	if err != nil {
		return ui.GatewayStatus{}, adminTrouble(err)
	}
	shown := ui.GatewayStatus{
		Institution: s.Name, Charts: s.Charts.Open, Outbox: s.Outbox.Waiting + s.Outbox.Sent,
		Height: s.Ledger.Height, Time: s.Ledger.Time, Problem: s.Ledger.Problem,
	}
	if h, err := world.ReadGatewayHome(home); err == nil {
		shown.Address = h.Listen
	}
	for _, t := range s.Transfers {
		if !t.Done {
			shown.Transfers++
		}
	}
	for _, q := range s.Questions {
		shown.Queries = append(shown.Queries, ui.GatewayQuery{Record: q.Record, Chart: q.Chart, Number: q.Number, About: q.About, Text: q.Text, Due: q.Due})
	}
	for _, i := range s.Incoming {
		shown.Copies = append(shown.Copies, ui.GatewayCopy{
			Transfer: i.Transfer, Record: i.Record, From: i.Name, Uses: i.Uses, Used: i.Used, Until: i.Until,
			Running: !i.Step.Ends(), Again: i.Again, Text: i.Text,
		})
	}
	return shown, nil
}

// adminTrouble is an error of the admin socket with its kind. What a gateway
// says is a whole sentence and stays as it is.
func adminTrouble(err error) error {
	var said *gateway.Failure
	switch {
	case errors.Is(err, gateway.ErrNotRunning):
		return fmt.Errorf("%w: %w", ui.ErrUnreachable, err)
	case errors.As(err, &said) && failureKinds[said.Kind] != nil:
		return &kinded{err, failureKinds[said.Kind]}
	}
	return troubleOf(err)
}

var failureKinds = map[gateway.FailureKind]error{
	gateway.FailureMalformed: ui.ErrUsage, gateway.FailureUnknown: ui.ErrNotFound, gateway.FailureRefused: ui.ErrRefused,
	gateway.FailureBusy: ui.ErrBusy, gateway.FailureUnreachable: ui.ErrUnreachable, gateway.FailureLie: ui.ErrLie,
}

func invite(ctx context.Context, o ui.InviteOptions) (ui.InviteReport, error) {
	admin := gateway.Admin{Home: o.Home}
	ask := admin.Invite
	if o.Again {
		ask = admin.InviteAgain
	}
	inv, err := ask(ctx, o.Record)
	if err != nil {
		return ui.InviteReport{}, adminTrouble(err)
	}
	return ui.InviteReport{Invitation: inv.Text(), Expires: inv.Expiry.Time()}, nil
}

func request(ctx context.Context, o ui.AskOptions) (ui.AskReport, error) {
	by, err := person(o.By)
	if err != nil {
		return ui.AskReport{}, err
	}
	spec := gateway.RequestSpec{
		Kind: consent.Look, By: by, Purpose: o.Purpose, Why: o.Why, Scope: o.Scope, KeptUntil: o.KeptUntil,
		Uses: o.Uses, For: o.For, Answer: o.Due,
	}
	if o.From != "" {
		spec.Kind = consent.Move
		if spec.From, err = institution(ctx, o.Home, o.From); err != nil {
			return ui.AskReport{}, err
		}
	}
	w, err := gateway.Admin{Home: o.Home}.Request(ctx, o.Record, spec)
	return ui.AskReport{Chart: w.Chart, Number: w.Number}, adminTrouble(err)
}

// person is a clinician as the command names him.
func person(c ui.Clinician) (consent.Person, error) {
	p := consent.Person{Name: c.Name, Role: c.Role}
	if c.Licence == "" {
		return p, nil
	}
	var key consent.PublicKey
	if err := key.UnmarshalText([]byte(c.Licence)); err != nil {
		return p, &kinded{fmt.Errorf("the licence is no key: %w", err), ui.ErrUsage}
	}
	p.Licence = &key
	return p, nil
}

// institution finds an institution by id or name, in the registry that the
// home's network proves.
func institution(ctx context.Context, home, name string) (consent.InstitutionID, error) {
	var id consent.InstitutionID
	if id.UnmarshalText([]byte(name)) == nil {
		return id, nil
	}
	registry, err := registryOf(ctx, home)
	if err != nil {
		return id, troubleOf(err)
	}
	for _, i := range registry.Institutions() {
		if i.Name == name {
			return i.ID, nil
		}
	}
	return id, fmt.Errorf("the registry knows no institution called %q: %w", name, ui.ErrNotFound)
}

// registryOf asks the home's own gateway, anonymously, as anyone may.
func registryOf(ctx context.Context, home string) (*consent.Registry, error) {
	h, err := world.ReadGatewayHome(home)
	if err != nil {
		return nil, homeTrouble(err)
	}
	anchor, err := consent.ParseAnchor(h.Anchor)
	if err != nil {
		return nil, err
	}
	k, err := gateway.LoadKeys(filepath.Join(home, "keys"))
	if err != nil {
		return nil, err
	}
	pool := client.NewPool(client.Target{Addresses: []string{h.Listen}, Key: k.TLSKey()}, nil)
	defer pool.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return reach.PublicRegistry(ctx, pool, anchor)
}

func look(ctx context.Context, o ui.LookOptions) (ui.LookReport, error) {
	by, err := person(o.By)
	if err != nil {
		return ui.LookReport{}, err
	}
	r, err := gateway.Admin{Home: o.Home}.Look(ctx, o.Record, gateway.LookSpec{
		By: by, Basis: o.Basis, Purpose: o.Purpose, Types: o.Types, Grant: o.Grant,
	})
	if err != nil {
		return ui.LookReport{}, adminTrouble(err)
	}
	report := ui.LookReport{Bundle: r.Bundle, Records: r.Records, Omitted: r.Omitted}
	if r.Access != nil {
		report.Chart, report.Number, report.Proven = r.Access.Chart, r.Access.Number, true
	}
	return report, nil
}

// answer finds the question's record, since staff know records, not charts.
func answer(ctx context.Context, o ui.AnswerOptions) error {
	by, err := person(o.By)
	if err != nil {
		return err
	}
	admin := gateway.Admin{Home: o.Home}
	s, err := admin.Status(ctx)
	if err != nil {
		return adminTrouble(err)
	}
	for _, q := range s.Questions {
		if q.Chart == o.Chart && q.Number == o.Number {
			_, err := admin.Answer(ctx, q.Record, q.Number, by, o.Text)
			return adminTrouble(err)
		}
	}
	return fmt.Errorf("this question is not open any more: %w", ui.ErrNotFound)
}

func collect(ctx context.Context, o ui.CollectOptions) (ui.CollectReport, error) {
	b, err := gateway.Admin{Home: o.Home}.Collect(ctx, o.Transfer)
	return ui.CollectReport{Use: b.Use, Left: b.Left}, adminTrouble(err)
}
